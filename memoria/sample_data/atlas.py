"""A product team: the routing service Atlas for cargo bikes."""

from datetime import date

from memoria.sample_data.topics import Link, Memory, Recent, Topic

# `ruff format` would give each argument a line of its own: three times as long, no easier to read.
# fmt: off
TOPICS = (
    Topic(
        namespace="team:atlas",
        name="routing engine",
        starts=date(2026, 1, 26),
        summary="Architecture decisions of Atlas, the routing service for cargo-bike deliveries.",
        keywords=("routing", "graph", "Rust", "elevation", "cache", "latency"),
        people_and_things=("Atlas", "Femke", "OpenStreetMap", "PostGIS"),
        document=("ADR 7: contraction hierarchies", "https://git.example.com/atlas/adr/0007"),
        memories=(
            Memory("route-rust", "decision",
                "The path search moves from Python to Rust; Python stays for everything that is not in "
                "the inner loop. Femke owns the bindings."),
            Memory("route-hills", "fact",
                "Riders accept a detour of about 12 % to avoid a climb of more than 6 %; above 18 % they "
                "ignore the suggestion and take the hill."),
            Memory("route-osm", "fact",
                "The street graph is rebuilt from OpenStreetMap every Sunday at 03:00 UTC and takes 47 "
                "minutes for the Benelux extract."),
            Memory("route-latency", "decision",
                "The promise to the apps: p95 below 120 ms for one route with up to 12 stops. Everything "
                "else is best effort."),
            Memory("route-ch", "decision",
                "Contraction hierarchies for the base graph (ADR 7), plain A* with live closures on top; "
                "no turn costs in version 1."),
            Memory("route-turns", "decision",
                "Turn costs come in after all: riders with trailers cannot turn "
                "sharply, and complaints about Ghent's old town doubled.", replaces="route-ch"),
            Memory("route-cache", "fact",
                "The route cache answers 31 % of requests. Raising its life from 5 to 15 minutes gave 3 "
                "% more hits and two wrong bridges."),
            Memory("route-bridge", "event",
                "On 17 June a lift bridge in Rotterdam was open for 50 minutes and 14 riders were sent "
                "to it, one after the other, from the cache."),
            Memory("route-postgis", "skill",
                "Find edges whose geometry collapsed after simplification:\n    SELECT id FROM edges "
                "WHERE ST_Length(geom::geography) < 0.5 AND NOT is_stub;"),
            Memory("route-cache-five", "decision",
                "The route cache keeps 5 minutes, never more, and is emptied for a tile when a closure "
                "arrives there."),
        ),
        recent=(
            Recent("route-build",
                "Sunday's graph build stopped at tile 33/22 (duplicate way ids); Femke restarted it from "
                "the checkpoint."),
            Recent("route-bench",
                "Benchmark on the new nodes: p95 = 104 ms with turn costs, 88 ms without."),
        ),
        links=(
            Link("route-bridge", "contradicts", "route-cache",
                'The two "wrong bridges" turned out to be fourteen riders.'),
            Link("route-cache-five", "follows", "route-bridge", "Decided the day after the bridge."),
            Link("route-turns", "refines", "route-ch", "The first version left turn costs out."),
            Link("route-hills", "supports", "route-turns",
                "Riders ignore routes that do not match what their bike can do."),
            Link("route-latency", "supports", "route-rust", "120 ms were out of reach in pure Python."),
        ),
    ),
    Topic(
        namespace="team:atlas",
        name="releases",
        starts=date(2026, 3, 16),
        summary="How Atlas ships: branches, trains, rollbacks and who may press the button.",
        keywords=("release", "deploy", "rollback", "changelog", "freeze", "migration"),
        people_and_things=("Femke", "Ruben", "staging", "on-call"),
        document=("Release checklist", "https://git.example.com/atlas/docs/releasing"),
        memories=(
            Memory("ship-train", "decision",
                "Releases leave every Tuesday at 09:30 UTC. What is not merged by Monday 16:00 waits a "
                "week, without exception and without drama. 🚂"),
            Memory("ship-friday", "rule",
                "No deploys on Fridays after 12:00 and none in the week before Sinterklaas (5 December): "
                "that week carries a third of the volume."),
            Memory("ship-rollback", "skill",
                "Roll back first, find the reason afterwards:\n    atlasctl rollback --to previous "
                '--reason "ticket number"\nIt takes about 90 seconds and keeps the database as it is.'),
            Memory("ship-migrate", "rule",
                "A database migration and the code that needs it never ship in the same train: first "
                "add, then use, then remove."),
            Memory("ship-changelog", "preference",
                "Ruben reads only the changelog. Each line says what a rider or a dispatcher notices; "
                "refactorings are not mentioned."),
            Memory("ship-flags", "fact",
                "There are 23 feature flags, 9 of which have been on for everyone for more than six "
                "months and only wait to be deleted."),
            Memory("ship-canary", "decision",
                "Five percent of riders in Utrecht get a release two hours early. Utrecht because the "
                "office is there and people come by to complain."),
            Memory("ship-button", "rule",
                'Two people release: one presses, one watches the dashboards and says "stop" aloud. '
                "Femke, Ruben and whoever is on call may press."),
            Memory("ship-train-late", "event",
                "On 12 May the train left a day late, because staging had run out of disk on Monday "
                "night. Nobody noticed outside the team."),
            Memory("ship-train-copy", "decision",
                "The release train leaves on Tuesdays at 09:30 UTC; merges after "
                "Monday 16:00 wait for the next one.", same_as="ship-train"),
        ),
        recent=(
            Recent("ship-next",
                'Next train: 2026.44 with turn costs behind the flag "turn-costs"; canary in Utrecht '
                "from 07:30 UTC."),
            Recent("ship-block",
                "Blocked: migration 0112 drops a column that version 2026.43 still reads. Needs to wait "
                "one train."),
            Recent("ship-flag-clean",
                "Femke deletes three old flags this week: new-eta, split-stops, dark-map."),
        ),
        links=(
            Link("ship-migrate", "supports", "ship-rollback",
                "A rollback keeps the database, so old code must run on the new tables."),
            Link("ship-train-late", "contradicts", "ship-train", "The only late train this year."),
            Link("ship-canary", "supports", "ship-button", "Two hours of Utrecht before everybody else."),
            Link("ship-friday", "refines", "ship-train", "When trains do not leave at all."),
            Link("ship-changelog", "follows", "ship-flags",
                "A flag that is on for everyone is announced once, then deleted."),
        ),
    ),
    Topic(
        namespace="team:atlas",
        name="incidents",
        starts=date(2026, 6, 3),
        summary="What went wrong at Atlas, and what was learned from it.",
        keywords=("incident", "outage", "postmortem", "alert", "dashboard", "lesson"),
        people_and_things=("Femke", "Ruben", "Redis", "Grafana"),
        document=("Postmortems 2026", "https://git.example.com/atlas/postmortems"),
        memories=(
            Memory("inc-redis", "event",
                "On 2 June Redis reached its memory limit and evicted session keys for 41 minutes. "
                "Riders were signed out in the middle of their tours."),
            Memory("inc-eviction", "fact",
                "The eviction policy was allkeys-lru on all Redis nodes since 2024; sessions and the "
                "route cache shared one instance."),
            Memory("inc-split", "decision",
                "Sessions get a Redis of their own with noeviction; the route cache keeps allkeys-lru. "
                "Done on 9 June."),
            Memory("inc-alert", "rule",
                "An alert without a runbook link is deleted after two weeks. Alerts are written for "
                "someone who was asleep a minute ago."),
            Memory("inc-dst", "event",
                "On 29 March delivery windows were an hour off for 26 minutes, because one service "
                "computed them in local time."),
            Memory("inc-utc", "rule",
                "Times are stored, compared and logged in UTC. Local time exists in the app of the rider "
                "and nowhere else."),
            Memory("inc-blameless", "preference",
                'Femke writes postmortems without names: "the on-call engineer", even if everybody knows '
                'that it was her. "Especially then."'),
            Memory("inc-graph", "skill",
                "For a slow dashboard look at the query's time range first: Grafana panels with \"last "
                '30 days" and a 10 s refresh were half of the database load.'),
            Memory("inc-count", "fact",
                "Seven incidents from January to August, four of them on a Tuesday between 09:30 and "
                "11:00, which is when releases leave."),
            Memory("inc-count-fix", "fact",
                "Eight incidents until September; after the canary in Utrecht was "
                "introduced none of them fell into the release window.", replaces="inc-count"),
        ),
        recent=(
            Recent("inc-open",
                'Incident 26-09 is in status "watching": queue depth fell from 41,000 to 900 within 20 '
                "minutes after the restart."),
            Recent("inc-action",
                "Action item from the last postmortem: test the restore of the sessions Redis, owner "
                "Ruben, due in two days."),
        ),
        links=(
            Link("inc-eviction", "supports", "inc-redis",
                "One shared instance with an eviction policy explains the sign-outs."),
            Link("inc-split", "follows", "inc-redis", "The repair of 9 June."),
            Link("inc-utc", "follows", "inc-dst", "The rule was written the morning after."),
            Link("inc-count-fix", "contradicts", "inc-count",
                "The release window is no longer where incidents happen."),
            Link("inc-alert", "refines", "inc-graph",
                "A slow dashboard is no use to somebody who was asleep a minute ago."),
        ),
    ),
    Topic(
        namespace="team:atlas",
        name="people",
        starts=date(2026, 7, 6),
        summary="Who is who in team Atlas, and how they like to work.",
        keywords=("team", "meeting", "review", "holiday", "focus", "birthday"),
        people_and_things=("Femke", "Ruben", "Anouk", "Sander"),
        document=("Team handbook", "https://git.example.com/atlas/handbook"),
        memories=(
            Memory("crew-femke", "preference",
                "Femke reviews code in the morning and prefers one large, tidy pull request over five "
                "that depend on each other."),
            Memory("crew-ruben", "preference",
                "Ruben prefers small pull requests, at most 300 changed lines, and answers within two "
                "hours."),
            Memory("crew-holiday", "event",
                "Femke is away from 3 to 21 August, Ruben covers releases, Anouk the graph builds."),
            Memory("crew-anouk", "fact",
                "Anouk works Monday to Thursday until 15:00; on Fridays she teaches at the Hogeschool "
                "and does not read messages."),
            Memory("crew-sander", "fact",
                'Sander is colour-blind (red and green): charts need shapes or labels, and "the red '
                'line" means nothing to him.'),
            Memory("crew-standup", "decision",
                "The stand-up is written: three lines in the channel before 10:00. The spoken one on "
                "Thursday stays, with coffee. ☕"),
            Memory("crew-focus", "rule",
                "Tuesday and Thursday afternoons are free of meetings. Whoever books one brings cake."),
            Memory("crew-review", "decision",
                "Reviews follow the author's wish: \"large\" goes to Femke, \"small\" to Ruben; the "
                "label decides and nobody argues."),
            Memory("crew-nickname", "fact",
                '"De Kaart" is what the team calls the street graph; "de Kaart ligt eruit" in the chat '
                "means that the Sunday build failed."),
            Memory("crew-sander-charts", "fact",
                "Sander cannot tell red from green: use shapes or labels in "
                "charts.", same_as="crew-sander"),
        ),
        recent=(
            Recent("crew-today",
                "Anouk leaves at 14:00 today (dentist); questions on the graph build go to Femke."),
            Recent("crew-cake", "Sander booked a meeting for Thursday 15:00 and owes the team a cake. 🍰"),
        ),
        links=(
            Link("crew-review", "follows", "crew-femke", "Two opposite wishes, one label."),
            Link("crew-ruben", "contradicts", "crew-femke",
                "He wants small pull requests, she wants large ones."),
            Link("crew-review", "supports", "crew-ruben", 'The label "small" sends a change to him.'),
            Link("crew-focus", "refines", "crew-standup", "Written stand-ups keep the afternoons free."),
            Link("crew-holiday", "refines", "crew-review",
                'From 3 to 21 August "large" waits or goes to Anouk.'),
        ),
    ),
)
