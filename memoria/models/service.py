"""Mirrors the tables of what the SDK notes about the database itself."""

from django.db import models

from memoria.fields import CharKeyField


class ServiceMetadata(models.Model):
    """A name and its value."""

    key = CharKeyField(max_length=255, primary_key=True)
    value = models.TextField(null=True, blank=True)

    class Meta:
        db_table = "service_metadata"
        verbose_name = "service metadata"
        verbose_name_plural = "service metadata"

    def __str__(self) -> str:
        return self.key
