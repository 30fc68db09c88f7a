from tests.models.expected import STRING, TEXT, Expected

TABLES = {
    "service_metadata": Expected(
        key="key",
        columns=[
            ("key", STRING, False),
            ("value", TEXT, True),
        ],
    ),
}
