"""What every template may use, in one place: the catalogue, icons, pictures and the words of states."""

from flask import Flask
from jinja2 import StrictUndefined

from lti_app.web.catalogue import chosen_language, install_catalogue, spoken_time
from lti_app.web.icons import icon
from lti_app.web.pictures import hue_of, picture_of
from lti_app.web.words import BENCHMARK, FEW_ANSWERS, points_text, tenths


def install_pages(app: Flask) -> None:
    """Prepare the app's templates.

    A name a template does not get raises, so that no page is silently half empty.
    """
    install_catalogue(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        icon=icon,
        picture_of=picture_of,
        hue_of=hue_of,
        benchmark_words=BENCHMARK,
        few_answers=FEW_ANSWERS,
        language=chosen_language,
    )
    app.jinja_env.filters.update(points=points_text, tenths=tenths, spoken=spoken_time)
