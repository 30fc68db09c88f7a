"""Registers the pages of conversations, from which memories are taken."""

from django.contrib import admin

from memoria.admin.tables.table import TableAdmin
from memoria.models import ChatHistory


@admin.register(ChatHistory)
class ChatHistoryAdmin(TableAdmin):
    columns = ("chat_id", "user_input", "model", "namespace", "session_id", "tokens_used", "timestamp")
    newest = "timestamp"
    date_hierarchy = "timestamp"
    search_values = ("chat_id",)
    search_texts = ("user_input", "ai_output")
    search_help_text = "Words of a question or an answer, or the beginning of an id."
    filters = ("namespace", "model")
    sections = (
        ("Conversation", ("chat_id", "user_input", "ai_output"), "What was said is a record, and not changed here."),
        ("How", ("model", "tokens_used", "timestamp", "last_edited_by_model"), "All times are UTC."),
        ("Where it belongs", (("namespace", "session_id"), ("team", "workspace")), ""),
        ("More", ("metadata",), ""),
    )
