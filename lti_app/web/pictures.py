"""Neutral group names, each with its picture. Children know a group by both; colour is only an ornament.

No name says a level, an order or a rank. A name from elsewhere (a teacher's own) gets the picture of people.
"""

PICTURES = {
    "Balloons": "balloon",
    "Bells": "bell",
    "Bicycles": "bicycle",
    "Backpacks": "backpack2",
    "Binoculars": "binoculars",
    "Buses": "bus-front",
    "Cameras": "camera",
    "Clouds": "cloud",
    "Comets": "stars",
    "Compasses": "compass",
    "Cups": "cup-hot",
    "Daisies": "flower1",
    "Feathers": "feather",
    "Gems": "gem",
    "Globes": "globe-americas",
    "Headphones": "headphones",
    "Keys": "key",
    "Lamps": "lamp",
    "Leaves": "leaf",
    "Lightbulbs": "lightbulb",
    "Magnets": "magnet",
    "Maples": "tree",
    "Maps": "map",
    "Moons": "moon-stars",
    "Palettes": "palette",
    "Planes": "airplane",
    "Puzzles": "puzzle",
    "Rainbows": "rainbow",
    "Rockets": "rocket-takeoff",
    "Snowflakes": "snow",
    "Songs": "music-note-beamed",
    "Suns": "brightness-high",
    "Sunrises": "sunrise",
    "Trains": "train-front",
    "Trucks": "truck-front",
    "Tulips": "flower2",
    "Umbrellas": "umbrella",
    "Violets": "flower3",
    "Waves": "water",
    "Winds": "wind",
}
HUES = 8


def picture_of(name: str) -> str:
    """The icon of a group name; "people" for a name that is not ours."""
    return PICTURES.get(name, "people")


def hue_of(name: str) -> int:
    """Which of eight equal-lightness hues edges the group's card, 0..7; the same for a name everywhere."""
    return sum(name.encode()) % HUES
