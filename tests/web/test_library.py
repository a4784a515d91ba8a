"""The list of all jobs, and what people without rights see."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from local_stack import Pipeline
from web.conftest import Visit
from web.library import SUFFIX, Library
from web.visitor import Visitor

MANY = 250
EDITING = re.compile(r"^(Upload|Redrive|Cancel|Name |Select )")


def test_the_list_loads_more_jobs_to_the_end(visit: Visit, library: Library) -> None:
    library.many(MANY, name="endless")
    viewer = visit("viewer").comes_back("/")
    viewer.filters_by("endless-")
    rows = viewer.page.locator(".job-row")
    expect(rows.first).to_contain_text(f"endless-{MANY - 1:05}")

    def is_at_the_end() -> bool:
        viewer.page.locator(".jobs").press("End")
        return "endless-00000" in rows.last.inner_text()

    viewer.until(is_at_the_end, "the oldest job is not in the list")

    assert rows.count() < MANY / 2  # only those near the view are in the document
    assert viewer.page.locator(".jobs li").last.get_attribute("aria-setsize") == str(MANY)


def test_what_a_job_has_cost_is_in_the_list_and_in_its_details(
    visit: Visit, library: Library
) -> None:
    library.finished(f"paid{SUFFIX}")
    viewer = visit("viewer").comes_back("/")
    expect(viewer.job("paid")).to_contain_text("$0.20")

    viewer.link(f"paid{SUFFIX}").click()
    viewer.page.get_by_role("tab", name="Details").click()

    parts = viewer.page.locator(".details dl").first
    expect(parts).to_contain_text("$0.1502")
    expect(parts).to_contain_text("$0.0451")


def test_jobs_are_filtered_redriven_and_cancelled_together(visit: Visit, library: Library) -> None:
    library.failed(f"bulk-failed{SUFFIX}")
    library.running(f"bulk-running{SUFFIX}")
    editor = visit("editor").comes_back("/")
    editor.filters_by("bulk-")
    expect(editor.page.locator(".job-row")).to_have_count(2)
    editor.page.get_by_label(f"Select bulk-failed{SUFFIX}").check()
    editor.page.get_by_label(f"Select bulk-running{SUFFIX}").check()

    editor.button("Redrive 1").click()
    confirms(editor, "Redrive 1")
    editor.sees("1 job redriven.")
    expect(editor.job("bulk-failed")).to_contain_text("attempt 2")
    editor.page.get_by_label(f"Select bulk-running{SUFFIX}").check()
    editor.button("Cancel 1").click()
    confirms(editor, "Cancel 1")

    editor.sees("1 job cancelled.")
    expect(editor.job("bulk-running")).to_contain_text("Cancelled")
    editor.page.get_by_label("Show").select_option("cancelled")
    expect(editor.page.locator(".job-row")).to_have_count(1)
    editor.page.get_by_label("Show").select_option("done")
    editor.sees("No job fits.")


def confirms(editor: Visitor, answer: str) -> None:
    editor.page.get_by_role("dialog").get_by_role("button", name=answer).click()


def test_the_list_follows_what_happens(visit: Visit, library: Library) -> None:
    library.failed(f"yesterday{SUFFIX}")
    viewer = visit("viewer").comes_back("/")
    expect(viewer.job("yesterday")).to_be_visible()

    viewer.accepted = ["status of 404"]
    job = library.running(f"just-uploaded{SUFFIX}")
    expect(viewer.job("just-uploaded")).to_contain_text("Extracting audio")
    library.erase(job)

    expect(viewer.job("just-uploaded")).to_have_count(0)
    expect(viewer.job("yesterday")).to_be_visible()


@pytest.mark.parametrize(("group", "may_edit"), [("viewer", False), ("editor", True)])
def test_nobody_sees_a_button_that_would_be_refused(
    visit: Visit, library: Library, group: str, *, may_edit: bool
) -> None:
    jobs = [
        library.finished(f"rights-done{SUFFIX}"),
        library.failed(f"rights-failed{SUFFIX}"),
        library.running(f"rights-running{SUFFIX}"),
    ]
    person = visit(group).comes_back("/")
    expect(person.job("rights-done")).to_be_visible()
    seen = controls(person)
    for job in jobs:
        person.opens(f"/jobs/{job.job_id}")
        expect(person.page.get_by_role("heading", level=1)).to_have_text(job.file_name)
        person.page.locator(".voices .name, .steps").first.wait_for()
        seen += controls(person)
    person.opens("/upload")
    person.sees("Drop files or folders here" if may_edit else "You may read, but not upload.")

    editing = {name for name in seen if EDITING.match(name)}

    assert bool(editing) == may_edit
    if may_edit:
        known = {"Upload", "Redrive", "Cancel the job", "Name Speaker 1"}
        assert known <= editing


def test_somebody_without_a_role_learns_what_to_do(visit: Visit, pipeline: Pipeline) -> None:
    person = visit("viewer")
    pipeline.aws.session().client("cognito-idp").admin_remove_user_from_group(
        UserPoolId=pipeline.aws.outputs["UserPoolId"], Username="viewer", GroupName="viewer"
    )

    person.signs_in("/")

    person.sees("nobody has given you a role yet")
    assert person.violations() == []


def controls(person: Visitor) -> list[str]:
    """Return the names of all buttons, links and check boxes that are visible."""
    named: list[str] = person.page.locator("button, a, input[type=checkbox]").evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) =>"
        " one.ariaLabel ?? one.innerText)"
    )
    return named
