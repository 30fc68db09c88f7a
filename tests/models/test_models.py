"""What the models do beyond their columns: names, checks in forms, references through the ORM."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from memoria.models import (
    Agent,
    ChatHistory,
    Cluster,
    ClusterMember,
    Import,
    ImportChange,
    LinkMemoryThread,
    LongTermMemory,
    MemoryAccessEvent,
    MemoryEntity,
    MemoryRelationship,
    MemoryRule,
    PolicyArtifact,
    RetentionPolicyAudit,
    ServiceMetadata,
    ShortTermMemory,
    SpatialMetadata,
    Team,
    ThreadEvent,
    ThreadMessageLink,
    Workspace,
    WorkspaceMember,
)
from tests.test_fields import execute, memory

MOMENT = dt.datetime(2025, 6, 1, 10, 0, 0, 123456, tzinfo=dt.UTC)


def test_names_a_person_sees() -> None:
    names = {
        model.__name__: (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
        for model in apps.get_app_config("memoria").get_models()
    }
    assert names == {
        "Agent": ("agent", "agents"),
        "ChatHistory": ("chat", "chat history"),
        "Cluster": ("cluster", "clusters"),
        "ClusterMember": ("cluster member", "cluster members"),
        "Import": ("import", "imports"),
        "ImportChange": ("change of an import", "changes of imports"),
        "LinkMemoryThread": ("link between memories", "links between memories"),
        "LongTermMemory": ("long-term memory", "long-term memories"),
        "MemoryAccessEvent": ("memory access event", "memory access events"),
        "MemoryEntity": ("memory entity", "memory entities"),
        "MemoryRelationship": ("memory relationship", "memory relationships"),
        "MemoryRule": ("rule", "rules"),
        "PolicyArtifact": ("policy", "policies"),
        "RetentionPolicyAudit": ("retention audit", "retention audits"),
        "ServiceMetadata": ("service metadata", "service metadata"),
        "ShortTermMemory": ("short-term memory", "short-term memories"),
        "SpatialMetadata": ("spatial metadata", "spatial metadata"),
        "Team": ("team", "teams"),
        "ThreadEvent": ("thread", "threads"),
        "ThreadMessageLink": ("memory of a thread", "memories of threads"),
        "Workspace": ("workspace", "workspaces"),
        "WorkspaceMember": ("workspace member", "workspace members"),
    }


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Agent(name="Ada"), "Ada"),
        (ChatHistory(chat_id="c-1"), "c-1"),
        (Cluster(id=7), "cluster 7"),
        (ClusterMember(memory_id="m-1", cluster_id=7), "m-1 in cluster 7"),
        (Import(id=3, file_name="a.json"), "import 3 of a.json"),
        (ImportChange(table_name="clusters", key="7", action="written"), "clusters 7 written"),
        (LinkMemoryThread(source_memory_id="a", relation="before", target_memory_id="b"), "a before b"),
        (LongTermMemory(memory_id="m-1"), "m-1"),
        (MemoryAccessEvent(memory_id="m-1"), "retrieval of m-1"),
        (MemoryEntity(memory_id="m-1", entity_type="person", entity_value="Ada"), "person Ada in m-1"),
        (
            MemoryRelationship(source_memory_id="m-1", target_memory_id="m-2", relationship_type="supports"),
            "m-1 supports m-2",
        ),
        (MemoryRule(rule_id="r-1"), "r-1"),
        (PolicyArtifact(name="keep"), "keep for *"),
        (RetentionPolicyAudit(policy_name="keep"), "block by keep"),
        (ServiceMetadata(key="version"), "version"),
        (ShortTermMemory(memory_id="s-1"), "s-1"),
        (SpatialMetadata(memory_id="m-1"), "m-1"),
        (Team(name="Blue"), "Blue"),
        (ThreadEvent(thread_id="t-1"), "t-1"),
        (ThreadMessageLink(memory_id="m-1", thread_id="t-1"), "m-1 in thread t-1"),
        (Workspace(name="Lab"), "Lab"),
        (WorkspaceMember(user_id="u-1", workspace_id="w-1"), "u-1 in w-1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_row_as_text(row: Any, text: str) -> None:
    assert str(row) == text


def test_checks_stand_in_the_database_and_in_the_forms(probe: str) -> None:
    memory("m-1", y_coord=15.0, z_coord=-15.0, x_coord=1e300).save(using=probe)
    with pytest.raises(IntegrityError, match="ck_long_term_y_coord_range"):
        memory("m-2", y_coord=15.5).save(using=probe)
    with pytest.raises(ValidationError) as refused:
        memory("m-2", y_coord=15.5, z_coord=-16.0).clean_fields()
    assert refused.value.message_dict == {
        "processed_data": ["This field cannot be blank."],
        "y_coord": ["Ensure this value is less than or equal to 15.0."],
        "z_coord": ["Ensure this value is greater than or equal to -15.0."],
    }


def test_defaults_of_relationships_are_the_databases_own(probe: str) -> None:
    edge = {"relationship_id": "r-1", "source_memory_id": "a", "target_memory_id": "b"}
    MemoryRelationship(**edge, relationship_type="supports", created_at=MOMENT).save(using=probe)
    found = MemoryRelationship.objects.using(probe).get()
    assert (found.strength, found.namespace, found.created_at) == (0.5, "default", MOMENT)


def test_members_go_with_their_cluster(probe: str) -> None:
    cluster = Cluster(summary="one")
    cluster.save(using=probe)
    ClusterMember(memory_id="m-1", summary="", cluster=cluster).save(using=probe)
    assert [member.memory_id for member in cluster.members.all()] == ["m-1"]
    cluster.delete()
    assert ClusterMember.objects.using(probe).count() == 0


@pytest.fixture
def referred(probe: str) -> str:
    """A team, its workspace, a chat, and what refers to them."""
    team = Team.objects.using(probe).create(team_id="t", name="T", slug="t")
    workspace = Workspace.objects.using(probe).create(workspace_id="w", name="W", slug="w", team=team)
    WorkspaceMember.objects.using(probe).create(workspace=workspace, user_id="u")
    chat = ChatHistory.objects.using(probe).create(chat_id="c", team=team, workspace=workspace)
    ShortTermMemory.objects.using(probe).create(
        memory_id="s", chat=chat, team_id="t", workspace_id="w", processed_data={}
    )
    memory("m", team=team, workspace=workspace).save(using=probe)
    for model, more in REFERRING.items():
        model(team=team, workspace=workspace, **more).save(using=probe)
    MemoryAccessEvent(memory_id="m", team_id="t", workspace=workspace).save(using=probe)
    return probe


REFERRING: dict[Any, dict[str, Any]] = {
    SpatialMetadata: {"memory_id": "m"},
    PolicyArtifact: {"name": "p", "payload": {}},
    RetentionPolicyAudit: {"policy_name": "p"},
}


def delete(alias: str, by: str, model: Any) -> None:
    """Through Django, or behind its back: the rules are the database's own as well."""
    if by == "orm":
        model.objects.using(alias).get().delete()
    else:
        execute(alias, f"DELETE FROM {model._meta.db_table}")


@pytest.mark.parametrize("by", ["orm", "sql"])
class TestRules:
    def test_references_to_a_team_become_null(self, referred: str, by: str) -> None:
        delete(referred, by, Team)
        for model in (Workspace, ChatHistory, LongTermMemory, ShortTermMemory, *REFERRING):
            assert model.objects.using(referred).values_list("team_id", flat=True).get() is None
            if model is not Workspace:
                assert model.objects.using(referred).values_list("workspace_id", flat=True).get() == "w"
        assert MemoryAccessEvent.objects.using(referred).get().team_id == "t"

    def test_references_to_a_workspace_become_null_and_its_members_go(self, referred: str, by: str) -> None:
        delete(referred, by, Workspace)
        for model in (ChatHistory, LongTermMemory, ShortTermMemory, MemoryAccessEvent, *REFERRING):
            assert model.objects.using(referred).values_list("workspace_id", flat=True).get() is None
        assert WorkspaceMember.objects.using(referred).count() == 0

    def test_references_to_a_chat_become_null(self, referred: str, by: str) -> None:
        delete(referred, by, ChatHistory)
        assert ShortTermMemory.objects.using(referred).values_list("chat_id", "team_id").get() == (None, "t")


def test_a_reference_that_leads_nowhere_is_refused_at_the_commit(probe: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=probe):
        memory("m", team_id="gone").save(using=probe)
    with transaction.atomic(using=probe):
        memory("m", team_id="t").save(using=probe)
        Team(team_id="t", name="T", slug="t").save(using=probe)
    assert LongTermMemory.objects.using(probe).get().team == Team.objects.using(probe).get()


def test_unique_slugs(probe: str) -> None:
    Team(team_id="t", name="T", slug="same").save(using=probe)
    [unique] = Team._meta.constraints
    with pytest.raises(ValidationError):
        unique.validate(Team, Team(team_id="u", name="U", slug="same"), using=probe)
    with pytest.raises(IntegrityError):
        Team(team_id="u", name="U", slug="same").save(using=probe)


def test_a_namespace_that_is_empty_has_no_place(probe: str) -> None:
    with pytest.raises(IntegrityError, match="ck_spatial_metadata_namespace_nonempty"):
        SpatialMetadata(memory_id="m", namespace="").save(using=probe)


def test_defaults_of_rules_are_the_databases_own(probe: str) -> None:
    MemoryRule(rule_id="r", rule_text="x", rule_type="y", created_at=MOMENT, updated_at=MOMENT).save(using=probe)
    found = MemoryRule.objects.using(probe).get()
    assert (found.priority, found.active, found.namespace, found.metadata) == (5, True, "default", "{}")
