"""Registers the pages of policies, and of what the SDK notes about the database."""

from django.contrib import admin

from memoria.admin.pages.relationships import BetweenMemories
from memoria.admin.tables.table import TableAdmin
from memoria.models import MemoryRule, PolicyArtifact, RetentionPolicyAudit, ServiceMetadata


@admin.register(MemoryRule)
class MemoryRuleAdmin(TableAdmin):
    columns = ("rule_id", "rule_text", "rule_type", "priority", "active", "namespace", "updated_at")
    newest = "updated_at"
    date_hierarchy = "updated_at"
    search_values = ("rule_id", "rule_type")
    search_texts = ("rule_text",)
    search_help_text = "Words of the rule, or the beginning of an id or a type."
    filters = ("namespace", "rule_type")
    editable = ("rule_text", "rule_type", "priority", "active", "context_conditions")
    sections = (
        ("Rule", ("rule_id", "rule_text", ("rule_type", "priority", "active"), "context_conditions"), ""),
        ("More", ("processed_data", "metadata"), "Texts, whatever they hold."),
        ("Where and when", ("namespace", ("created_at", "updated_at")), "All times are UTC."),
    )


@admin.register(PolicyArtifact)
class PolicyArtifactAdmin(TableAdmin):
    columns = ("id", "name", "artifact_type", "namespace", "schema_version", "updated_at")
    newest = "id"
    search_values = ("artifact_type",)
    search_texts = ("name",)
    search_help_text = "Words of the name, or the beginning of a type."
    filters = ("namespace", "artifact_type")
    editable = ("name",)
    sections = (
        ("Policy", ("id", "name", ("artifact_type", "schema_version"), "payload"), ""),
        ("Where it holds", ("namespace", ("team", "workspace")), "An asterisk: in all namespaces."),
        ("When and by whom", (("created_at", "updated_at"), "created_by"), "All times are UTC."),
    )


@admin.register(RetentionPolicyAudit)
class RetentionPolicyAuditAdmin(BetweenMemories):
    columns = ("id", "policy_name", "action", "memory_id", "namespace", "created_at")
    newest = "id"
    search_values = ("policy_name",)
    search_help_text = "The beginning of a policy's name."
    filters = ("namespace", "policy_name")
    memory_columns = (("Memory", "memory_id"),)
    sections = (
        (
            "What was done",
            ("id", ("policy_name", "action"), "memory_id", "escalate_to", "details"),
            "A record, and not changed here.",
        ),
        ("Where and when", (("namespace", "created_at"), ("team", "workspace")), "All times are UTC."),
    )


@admin.register(ServiceMetadata)
class ServiceMetadataAdmin(TableAdmin):
    columns = ("key", "value")
    newest = "key"
    search_values = ("key",)
    search_help_text = "The beginning of a key."
    editable = ("value",)
    sections = (("Service metadata", ("key", "value"), "What the SDK notes about the database itself."),)
