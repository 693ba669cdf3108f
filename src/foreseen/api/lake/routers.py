"""All routes that read the lake, those with fixed ends before those that take any path."""

from foreseen.api.lake import (
    event_figures,
    events,
    explanations,
    matches,
    overview,
    people,
    people_figures,
    person_course,
    processes,
    restoring,
    storage,
    stories,
    workload_acts,
    workloads,
)

ROUTERS = (
    events.router,
    matches.router,
    explanations.router,
    processes.router,
    restoring.router,
    workload_acts.router,
    workloads.router,
    person_course.router,
    people.router,
    people_figures.router,
    event_figures.router,
    stories.router,
    overview.router,
    storage.router,
)
