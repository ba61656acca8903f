"""Sets up a project: its settings, its pre-commit hook, its documents."""

from runware_codegen.init.changes import Plan, plan, plan_models, write, write_models

__all__ = ["Plan", "plan", "plan_models", "write", "write_models"]
