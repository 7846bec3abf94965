"""Rows -> what a page is rendered from (views_model): counts, orders and sentences, no writing."""
