"""Files of tests that take seconds. All others are in the set `quick`, which is for people at work."""

from __future__ import annotations

SLOW = (
    "cli/test_processes",
    "cli/test_train",
    "docs/test_action",
    "docs/test_integrations",
    "docs/test_readme",
    "engine/test_backends",
    "engine/test_lowerings",
    "engine/test_memory_plan",
    "engine/test_model",
    "engine/test_no_allocation",
    "engine/test_passes",
    "files/pytorch/test_checkpoint_fuzz",
    "files/test_npz",
    "house/test_benchmarks",
    "house/test_benchmarks_training",
    "house/test_packaging",
    "inputs/test_images",
    "language/test_hostile",
    "language/test_json_schema",
    "reports/test_memory_plan_report",
    "reports/test_summary",
    "reports/test_summary_terminal",
    "spec/test_random_specs",
    "train/datasets/test_batches",
    "train/test_resume",
    "train/test_step_memory",
    "weights/test_refused_weights",
    "weights/test_weights",
)
