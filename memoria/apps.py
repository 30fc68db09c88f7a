from django.apps import AppConfig


class MemoriaConfig(AppConfig):
    name = "memoria"
    verbose_name = "Memoria"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from memoria import checks  # noqa: F401 - registers the system checks; models are loaded only now
