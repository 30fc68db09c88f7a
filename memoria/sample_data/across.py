"""Makes rows that cross the borders of the namespaces: a move of one namespace must decide about them."""

from memoria.sample_data.topics import Link

LINKS = (
    Link("inc-utc", "supports", "abroad-dates", "Two teams, one lesson: local notation is read wrongly."),
    Link("abroad-dst", "refines", "inc-dst", "The same change of clocks, seen from the customers' side."),
    Link("pipe-clock", "supports", "login-clock", "A clock that is off explains both."),
    Link("wind-units", "supports", "inc-utc", "One unit and one time zone, without exceptions."),
    Link("read-small", "supports", "abroad-machine", "Lost negations are why a person sends the message."),
    Link("inc-blameless", "supports", "tone-blame", "Nobody learns from being blamed."),
    Link("corpus-arabic", "supports", "abroad-rtl", "Right-to-left marks are part of the text."),
    Link("mara-short", "supports", "tone-first", "Answer first, also at home."),
)

CLUSTER_SUMMARY = "Clocks, time zones and units: the same lesson in four namespaces."
CLUSTER_MEMBERS = (
    "inc-dst",
    "inc-utc",
    "abroad-dates",
    "abroad-dst",
    "login-clock",
    "pipe-clock",
    "wind-units",
)
