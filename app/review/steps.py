"""Steps of the work on one subject: each a button, each answered by the page it was pressed on and a way to take it
back."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from app.errors import Problem
from app.review import service, work
from app.review.forms import ChooseForm, HandOverForm, MarkForm, MoreForm, SensitiveForm, StepForm
from app.review.views import back_to, review

Answer = Response | str | tuple[str, int]


def _checked(form: FlaskForm, subject: str) -> bool:
    """Whether a form holds what it should. Raises Problem for a subject that doesn't exist."""
    if not service.subject_exists(subject):
        raise Problem("not-found", _("There is nothing at this address."), 404)
    return bool(form.validate_on_submit())


def done(words: str, undo: str | None = None, subject: str = "", **fields: str) -> None:
    """Say what was done. `undo`: the step that takes it back, offered beside the words."""
    if undo is None:
        flash(words)
        return
    back = request.form.get("back", "")
    # base.html draws it as a form; everything in it is an address and ids.
    flash({"words": words, "undo": url_for(undo, subject=subject), "fields": {**fields, "back": back}})  # type: ignore[arg-type]


def _answer(subject: str) -> Response:
    if request.form.get("back") in {"new", "mine", "claimed", "more", "reviewed", "all", "trial"}:
        return redirect(url_for("review.queue", show=request.form["back"]), 303)
    return back_to(subject)


@review.post("/claim/<subject>")
def claim(subject: str) -> Answer:
    if not _checked(StepForm(), subject):
        raise _unreadable()
    work.claim(current_user, subject)
    done(_("You have it in hand now."), "review.release", subject)
    return _answer(subject)


@review.post("/release/<subject>")
def release(subject: str) -> Answer:
    if not _checked(StepForm(), subject):
        raise _unreadable()
    work.release(current_user, subject)
    done(_("Nobody has it in hand now."), "review.claim", subject)
    return redirect(url_for("review.queue", show=request.form.get("back") or "mine"), 303)


@review.post("/hand-over/<subject>")
def hand_over(subject: str) -> Answer:
    form = HandOverForm()
    form.to.choices = [(one.id, one.username) for one in work.colleagues()]
    if not _checked(form, subject):
        flash(_("Choose somebody who reviews."))
        return back_to(subject)
    if _refused(lambda: work.hand_over(current_user, subject, form.to.data)):
        return back_to(subject)
    done(_("Handed over to %(name)s.", name=work.name_of(form.to.data)), "review.claim", subject)
    return redirect(url_for("review.queue", show="mine"), 303)


@review.post("/reviewed/<subject>")
def reviewed(subject: str) -> Answer:
    form = MarkForm()
    if not _checked(form, subject):
        raise _unreadable()
    yes = form.reviewed.data == "yes"
    work.review(current_user, subject, yes)
    words = _("Marked as reviewed.") if yes else _("Not reviewed any more.")
    done(words, "review.reviewed", subject, reviewed="no" if yes else "yes")
    return _answer(subject)


@review.post("/more/<subject>")
def more(subject: str) -> Answer:
    """It needs more: with what is missing. An empty `why` from the button says that nothing is any more."""
    form = MoreForm()
    if request.form.get("done") and _checked(StepForm(), subject):
        work.needs_more(current_user, subject, None)
        flash(_("Nothing is missing any more."))
    elif _checked(form, subject):
        work.needs_more(current_user, subject, form.why.data)
        done(_("Kept among those that need more."), "review.more", subject, done="yes")
    else:
        flash(_("Please say what is missing."))
    return back_to(subject)


@review.post("/sensitive/<subject>")
def sensitive(subject: str) -> Answer:
    form = SensitiveForm()
    if not _checked(form, subject):
        raise _unreadable()
    yes = form.sensitive.data == "yes"
    work.mark_sensitive(current_user, subject, yes)
    lead = "lead" in current_user.role_names
    words = _("Shows only to chosen reviewers now.") if yes else _("Shows to all reviewers again.")
    done(words, "review.sensitive" if lead else None, subject, sensitive="no" if yes else "yes")
    return back_to(subject)


@review.post("/choose/<subject>")
def choose(subject: str) -> Answer:
    form = ChooseForm()
    form.person.choices = [(one.id, one.username) for one in work.colleagues()]
    if not _checked(form, subject):
        flash(_("Choose somebody who reviews."))
        return back_to(subject)
    yes = form.chosen.data == "yes"
    work.choose(current_user, subject, form.person.data, yes)
    name = work.name_of(form.person.data)
    words = (
        _("%(name)s may open it now.", name=name) if yes else _("%(name)s is no longer chosen.", name=name)
    )
    done(words, "review.choose", subject, person=form.person.data, chosen="no" if yes else "yes")
    return back_to(subject)


def _refused(act: Callable[[], None]) -> bool:
    """Do something that may be refused; the reason then stands on the page."""
    try:
        act()
    except Problem as problem:
        flash(problem.message)
        return True
    return False


def _unreadable() -> Problem:
    return Problem("unreadable", _("The request can't be read."), 400)
