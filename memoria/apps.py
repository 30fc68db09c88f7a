from django.apps import AppConfig


class MemoriaConfig(AppConfig):
    name = "memoria"
    verbose_name = "Memoria"
    default_auto_field = "django.db.models.AutoField"
