"""One person and her assistant, in the namespace `default`."""

from datetime import date

from memoria.sample_data.topics import Link, Memory, Recent, Topic

# `ruff format` would give each argument a line of its own: three times as long, no easier to read.
# fmt: off
TOPICS = (
    Topic(
        namespace="default",
        name="Mara",
        starts=date(2026, 1, 5),
        summary="What the assistant knows about Mara: habits, tastes, plans.",
        keywords=("morning", "coffee", "travel", "family", "allergy", "notes"),
        people_and_things=("Mara", "Leo", "Nana", "Lisbon"),
        document=("About me", "https://notes.example.com/mara/about-me"),
        memories=(
            Memory("mara-coffee", "preference",
                'Mara takes her coffee black until noon and decaf afterwards; "no oat milk, whatever I '
                'say when I am tired".'),
            Memory("mara-short", "preference",
                "Mara likes answers short and first: the result, then one sentence why. Lists only from "
                "four items on."),
            Memory("mara-nuts", "fact",
                "Leo (6) is allergic to hazelnuts and walnuts; almonds and peanuts are fine. Check every "
                "recipe and every restaurant for it."),
            Memory("mara-lisbon", "project",
                "Trip to Lisbon, 14 to 18 October: by train to Paris, night in a hotel near the station, "
                "flight at 11:20. Nana comes along. ✈️"),
            Memory("mara-nana", "preference",
                'Nana escreve em português e gosta de cartas, não de mensagens: "no papel vê-se a mão".'),
            Memory("mara-running", "fact",
                "She runs on Tuesdays and Saturdays before seven; rain is no reason to skip, ice is."),
            Memory("mara-calendar", "rule",
                "Never accept a meeting before 09:00 or during Leo's swimming lesson (Wednesday 16:00 to "
                '17:30), not even a "quick" one.'),
            Memory("mara-password", "rule",
                "Never store door codes, passwords or health insurance numbers as a memory, even if she "
                "dictates them. Say where they belong instead."),
            Memory("mara-books", "fact",
                'Finished this year: three novels by Tokarczuk, one half of "Ulysses", and every bedtime '
                "story about the badger. 🦡"),
            Memory("mara-run-knee", "fact",
                "Since her knee hurts (August) she swims on Tuesdays and runs "
                "only on Saturdays, 5 km at most.", replaces="mara-running"),
        ),
        recent=(
            Recent("mara-shopping",
                "Shopping list: lemons, rye flour, light bulbs (E14), a birthday card for Nana."),
            Recent("mara-lost",
                "The blue umbrella is probably at the dentist's; opening hours on Monday from 08:00."),
            Recent("mara-dinner",
                "Friday dinner for six, one vegetarian, no hazelnuts (Leo). Idea: lemon risotto."),
        ),
        links=(
            Link("mara-run-knee", "contradicts", "mara-running", "Tuesday is for swimming now."),
            Link("mara-calendar", "refines", "mara-running",
                "Runs are before seven, so mornings from nine are free for meetings."),
            Link("mara-nana", "supports", "mara-lisbon",
                "She wants to show Leo the street where she grew up."),
            Link("mara-nuts", "supports", "mara-lisbon",
                "Hotels and trains were asked about nuts before booking."),
            Link("mara-short", "supports", "mara-calendar", "Declining in one sentence is what she wants."),
        ),
    ),
)
