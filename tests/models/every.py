"""Every table as it is to look like."""

from tests.models import (
    access,
    chats,
    clusters,
    imports,
    memories,
    policies,
    relationships,
    service,
    spatial,
    teams,
    threads,
)

SUBJECTS = (teams, chats, memories, spatial, access, clusters, relationships, threads, policies, service, imports)
TABLES = {name: expected for subject in SUBJECTS for name, expected in subject.TABLES.items()}
