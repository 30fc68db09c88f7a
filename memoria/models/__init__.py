"""The tables of a Memoria database, as the SDK that fills them declares them, one module per subject.

Names, types, nullability, keys, foreign keys, indexes and checks are those of existing databases, so that the app
runs on one of these without migrating it. `default` is what the SDK fills in; the columns themselves have a default
only where it says `db_default`. An id without a foreign key has none in existing databases either. `imports` alone is
the app's own: an import creates its tables in a database that was never migrated.
"""

from memoria.models.access import MemoryAccessEvent
from memoria.models.chats import ChatHistory
from memoria.models.clusters import Cluster, ClusterMember
from memoria.models.imports import Import, ImportChange
from memoria.models.memories import LongTermMemory, ShortTermMemory
from memoria.models.policies import MemoryRule, PolicyArtifact, RetentionPolicyAudit
from memoria.models.relationships import MemoryEntity, MemoryRelationship
from memoria.models.service import ServiceMetadata
from memoria.models.spatial import SpatialMetadata
from memoria.models.teams import Agent, Team, Workspace, WorkspaceMember
from memoria.models.threads import LinkMemoryThread, ThreadEvent, ThreadMessageLink

__all__ = [
    "Agent",
    "ChatHistory",
    "Cluster",
    "ClusterMember",
    "Import",
    "ImportChange",
    "LinkMemoryThread",
    "LongTermMemory",
    "MemoryAccessEvent",
    "MemoryEntity",
    "MemoryRelationship",
    "MemoryRule",
    "PolicyArtifact",
    "RetentionPolicyAudit",
    "ServiceMetadata",
    "ShortTermMemory",
    "SpatialMetadata",
    "Team",
    "ThreadEvent",
    "ThreadMessageLink",
    "Workspace",
    "WorkspaceMember",
]
