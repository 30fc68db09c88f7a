"""A forecasting team: wind, data pipeline, field stations."""

from datetime import date

from memoria.sample_data.topics import Link, Memory, Recent, Topic

# `ruff format` would give each argument a line of its own: three times as long, no easier to read.
# fmt: off
TOPICS = (
    Topic(
        namespace="team:borealis",
        name="wind forecasts",
        starts=date(2026, 2, 9),
        summary="Borealis predicts the output of 61 wind turbines a day ahead.",
        keywords=("forecast", "wind", "turbines", "ensemble", "bias", "horizon"),
        people_and_things=("Borealis", "Aino", "Sigrún", "ECMWF"),
        document=("Model card: day-ahead 5", "https://git.example.com/borealis/models/day-ahead-5"),
        memories=(
            Memory("wind-target", "decision",
                "The day-ahead forecast is judged by mean absolute error per hour, in percent of "
                "installed power; the goal for 2026 is 6.5 %."),
            Memory("wind-state", "fact",
                "Model day-ahead-4 stands at 7.8 % mean absolute error since New Year; the grid "
                "operator's own forecast at 8.4 %."),
            Memory("wind-icing", "fact",
                "Below -7 °C and above 90 % humidity the forecast is too high by a quarter: ice on the "
                "blades, which no weather model reports."),
            Memory("wind-ice-flag", "project",
                "Turbines 12 to 19 report ice since 20 March. A flag from them lowers the forecast of "
                "all neighbours within 8 km."),
            Memory("wind-ensemble", "decision",
                "We use all 50 ensemble members and not the mean; the mean has never blown anywhere. "
                "(Sigrún)"),
            Memory("wind-night", "rule",
                "The 18:00 forecast is the one that is traded on. Nothing may be deployed between 16:30 "
                "and 18:15 UTC."),
            Memory("wind-new", "fact",
                "Model day-ahead-5 stands at 6.9 % for the second quarter, 6.4 % "
                'without the three days of the storm "Ragna".', replaces="wind-state"),
            Memory("wind-ragna", "event",
                "Storm Ragna, 4 to 6 May: 44 turbines shut down above 25 m/s within two hours; the "
                "forecast showed full output."),
            Memory("wind-cutout", "skill",
                "Treat the cut-out speed as a probability and not as a step: share of ensemble members "
                "above 25 m/s times installed power, smoothed over one hour."),
            Memory("wind-units", "rule",
                "Wind in m/s at hub height (119 m), never at 10 m and never in knots. The one chart in "
                "knots cost us a week in 2025."),
        ),
        recent=(
            Recent("wind-tonight",
                "Tonight's 18:00 run: strong spread between ensemble members for 02:00 to 06:00; Aino "
                "has told the traders."),
            Recent("wind-sensor",
                "Turbine 14 has reported ice at +4 °C since noon; ignore its flag until the sensor is "
                "reset."),
        ),
        links=(
            Link("wind-new", "refines", "wind-state", "The same measure, one season and one model later."),
            Link("wind-ice-flag", "follows", "wind-icing",
                "The flag exists because weather models do not know about ice."),
            Link("wind-cutout", "follows", "wind-ragna", "The step at 25 m/s was the mistake."),
            Link("wind-ensemble", "supports", "wind-cutout",
                "A probability needs all members and not their mean."),
            Link("wind-ragna", "contradicts", "wind-target",
                "Three days of storm decide about half a percent of the year."),
        ),
    ),
    Topic(
        namespace="team:borealis",
        name="data pipeline",
        starts=date(2026, 4, 13),
        summary="How measurements travel from the turbines to the training set.",
        keywords=("pipeline", "Parquet", "backfill", "schema", "gaps", "timestamps"),
        people_and_things=("Aino", "Mikko", "Kafka", "MinIO"),
        document=("Pipeline runbook", "https://git.example.com/borealis/runbooks/pipeline"),
        memories=(
            Memory("pipe-path", "fact",
                "Measurements arrive every 10 seconds over Kafka, are averaged to 10 minutes and land as "
                "Parquet in MinIO, one file per turbine and day."),
            Memory("pipe-gaps", "rule",
                "A gap is stored as a gap. Never interpolate on the way in; whoever trains decides what "
                "to do with missing values."),
            Memory("pipe-zero", "fact",
                'A power of exactly 0.0 means "standing still" and NaN means "not measured". The old '
                "logger wrote 0.0 for both until 11 February."),
            Memory("pipe-backfill", "skill",
                "Backfill one day without touching the others:\n    borealis backfill --day 2026-02-10 "
                "--turbine all --dry-run\nRead the counts, then run it again without --dry-run."),
            Memory("pipe-schema", "decision",
                "New columns are added at the end and may be empty; a column is never renamed. Removal "
                "takes two releases and a note to Mikko."),
            Memory("pipe-clock", "fact",
                "Loggers of the western park are 37 seconds slow and drift by 1.2 s a week; the "
                "correction table is maintained by Mikko."),
            Memory("pipe-daily", "preference",
                "Aino wants one message a day at 06:30 and only if something is missing: turbine, from, "
                'to, how many values. "Silence is good news."'),
            Memory("pipe-parquet", "decision",
                "Row groups of 50,000 rows and zstd level 3: files are 22 % smaller than with snappy and "
                "reading is not slower."),
            Memory("pipe-loss", "event",
                "On 19 August a full disk on broker 2 lost 3 hours of turbines 40 to 61. The loggers "
                "keep 14 days, so everything was fetched again."),
            Memory("pipe-nan", "fact",
                "Power 0.0 = standing still, NaN = not measured; before 11 February "
                "the old logger wrote 0.0 in both cases.", same_as="pipe-zero"),
        ),
        recent=(
            Recent("pipe-now", "Backfill of 10 February is at turbine 33 of 61, no conflicts so far."),
            Recent("pipe-missing",
                "Missing this morning: turbine 27, 02:10 to 03:40 UTC, 9 values. Mikko is on it."),
            Recent("pipe-broker", "Broker 2 is at 71 % disk after the clean-up; alert threshold is 80 %."),
        ),
        links=(
            Link("pipe-zero", "supports", "pipe-gaps",
                "The old logger shows what happens when gaps become zeros."),
            Link("pipe-backfill", "follows", "pipe-zero", "The repair of everything before 11 February."),
            Link("pipe-loss", "supports", "pipe-daily",
                "The morning message named the 3 hours before anyone asked."),
            Link("pipe-clock", "contradicts", "pipe-path",
                '"Every 10 seconds" is 10.0000 seconds only in the eastern park.'),
            Link("pipe-schema", "refines", "pipe-parquet",
                "The layout of a file may change, the names in it may not."),
        ),
    ),
    Topic(
        namespace="team:borealis",
        name="field stations",
        starts=date(2026, 6, 22),
        summary="Masts, sensors and the people who climb them.",
        keywords=("mast", "sensor", "climb", "battery", "safety", "weather window"),
        people_and_things=("Sigrún", "Mikko", "Kiruna", "Station 3"),
        document=("Field handbook", "https://git.example.com/borealis/field-handbook"),
        memories=(
            Memory("field-safety", "rule",
                "Nobody climbs alone, nobody climbs above 12 m/s, nobody climbs after dark. There is no "
                "forecast important enough."),
            Memory("field-season", "fact",
                "Station 3 near Kiruna is reachable by car from mid May to mid October; in winter by "
                "snowmobile from the rescue hut, 14 km."),
            Memory("field-battery", "fact",
                "Batteries hold 19 days without sun at -20 °C, 11 days at -35 °C. In December the sun "
                "does not rise at Station 3 at all."),
            Memory("field-heater", "decision",
                "The anemometer heater is switched on by the ice flag and not by temperature: it saves "
                "60 % of the energy in November."),
            Memory("field-sigrun", "preference",
                'Sigrún vill ha packlistan utskriven på papper, inte i telefonen: "batteriet dör före '
                'mig".'),
            Memory("field-finnish", "fact",
                'Mikko kirjoittaa asemapäiväkirjaa suomeksi; lyhenteet: "jää" = ice, "tuuli" = wind, '
                '"huolto" = maintenance.'),
            Memory("field-spare", "skill",
                "Swap a wind vane in 12 minutes: loosen the lower clamp first, mark north with tape, "
                "photograph the old position, then lift."),
            Memory("field-visit", "event",
                "9 September: Station 3 visited, two batteries exchanged, vane re-aligned by 4 degrees; "
                'data before that day need the correction "S3-4deg".'),
            Memory("field-list", "project",
                "Packing list for the October visit:\n- 2 batteries (24 kg each)\n- heater fuse 6.3 A, "
                "five pieces\n- tape, marker, thermos ☕\n- paper map"),
            Memory("field-climb", "rule",
                "Nobody climbs alone, above 12 m/s or after dark.", same_as="field-safety"),
        ),
        recent=(
            Recent("field-window",
                "Weather window for Station 3: Friday 09:00 to 13:00, 7 m/s, clear. Sigrún and Mikko are "
                "going. 🧗"),
            Recent("field-log",
                '"tuuli 9 m/s, jää mastossa, huolto siirretty" (Mikko, station log, this morning)'),
        ),
        links=(
            Link("field-battery", "supports", "field-heater", "Energy is what Station 3 lacks in winter."),
            Link("field-visit", "follows", "field-spare", "The vane was re-aligned with the tape method."),
            Link("field-list", "follows", "field-visit",
                "Fuses and batteries that were used up in September."),
            Link("field-season", "contradicts", "field-list", "The paper map shows the summer road only."),
            Link("field-safety", "refines", "field-season", "Reachable does not mean climbable."),
        ),
    ),
)
