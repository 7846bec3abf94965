"""Believable names for students who do not exist."""

from __future__ import annotations

from random import Random

CLASS_OF_28 = (
    *("Amara Osei", "Ben Whitlock", "Camila Duarte", "Darius Coleman", "Eun-ji Park", "Fatima Haddad"),
    *("Gabriel Nuñez", "Hannah Lindqvist", "Isaac Abramov", "Jada Freeman", "Kai Nakamura", "Leila Rahimi"),
    *(
        "Mateo Villanueva",
        "Nora O'Connell",
        "Omar Siddiqui",
        "Priya Raman",
        "Quinn Gallagher",
        "Rosa Iglesias",
    ),
    *("Samuel Adeyemi", "Talia Greenberg", "Uriel Castellanos", "Vera Kowalczyk", "Wen Zhao", "Ximena Rojas"),
    *("Yusuf Demir", "Zoe Papadakis", "Elijah Brooks", "Mai Tran"),
)
_FIRST = (
    *("Ada", "Aiden", "Alma", "Amir", "Anya", "Ari", "Bea", "Caleb", "Carmen", "Chidi", "Clara", "Dalia"),
    *("Diego", "Edith", "Elio", "Emre", "Esme", "Felix", "Flora", "Gia", "Hugo", "Ida", "Imani", "Iris"),
    *("Ivan", "Jonah", "June", "Kira", "Kofi", "Lars", "Leo", "Lina", "Luca", "Maja", "Malik", "Marco"),
    *("Mira", "Naomi", "Nico", "Noor", "Olga", "Otis", "Pablo", "Petra", "Rafi", "Remy", "Rhea", "Ruben"),
    *("Sami", "Sana", "Selma", "Soren", "Tariq", "Tess", "Theo", "Uma", "Vida", "Willa", "Yara", "Zane"),
)
_LAST = (
    *("Abbott", "Acosta", "Baker", "Bianchi", "Brandt", "Cho", "Cruz", "Dahl", "Diaz", "Dubois", "Eriksen"),
    *("Farah", "Flores", "Fuchs", "Gupta", "Haas", "Hoang", "Ibarra", "Jansen", "Kaplan", "Kaya", "Khan"),
    *(
        "Kim",
        "Lopez",
        "Maier",
        "Mbeki",
        "Mendes",
        "Moreau",
        "Nagy",
        "Ngata",
        "Novak",
        "Nowak",
        "Okoye",
        "Ortiz",
    ),
    *(
        "Patel",
        "Petrov",
        "Quist",
        "Ramos",
        "Reyes",
        "Rossi",
        "Sato",
        "Silva",
        "Singh",
        "Soto",
        "Stein",
        "Suzuki",
    ),
    *(
        "Tanaka",
        "Torres",
        "Urban",
        "Varga",
        "Vega",
        "Vogel",
        "Wagner",
        "Walsh",
        "Wong",
        "Yilmaz",
        "Young",
        "Zeller",
    ),
)


def many_names(count: int, random: Random) -> list[str]:
    """So many full names, all different as long as there are fewer than about 3,000."""
    pairs = [(first, last) for first in _FIRST for last in _LAST]
    random.shuffle(pairs)
    return [f"{first} {last}" for first, last in (pairs[i % len(pairs)] for i in range(count))]
