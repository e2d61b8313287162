//! Templates, drawn by people and learnt by engines.

use super::accounts::must_be_company;
use super::queues::{end, enqueue, is_waiting, running, set_aside, sizes};
use super::{App, By, now, pictures, refusals};
use crate::domain::account::Actor;
use crate::domain::action::{Action, Job, QueueSizes, State, TemplateDraft};
use crate::domain::fact::{Fact, Task};
use crate::domain::ids::{ActionId, CompanyId, PictureId, TemplateId};
use crate::domain::invoice::{Picture, Purpose};
use crate::domain::news::{News, TemplateChange};
use crate::domain::refusal::Refusal;
use crate::domain::template::{Area, Layout, Learnt, Template};
use crate::store::tables::{PICTURES, TEMPLATES, TEMPLATES_BY_COMPANY};
use crate::store::{StoreError, Txn, View};
use std::sync::Arc;

/// As drawn. Without `origin`, a changed template keeps its own; without `shown`, the origin is shown.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub layout: Layout,
    pub json_model: String,
    pub origin: Option<PictureId>,
    pub shown: Option<pictures::Kept>,
    pub company: Option<CompanyId>,
    /// For a change: the version that the editor saw.
    pub version: Option<u64>,
}

pub fn get(view: &View<'_>, id: TemplateId) -> Result<Option<Template>, StoreError> {
    view.get(&TEMPLATES, &id)
}

/// Newest first; `None`: of all companies.
pub fn ids(view: &View<'_>, scope: Option<CompanyId>) -> Result<Vec<TemplateId>, StoreError> {
    let id = |row: Result<((CompanyId, TemplateId), ()), StoreError>| row.map(|((_, id), ())| id);
    let mut ids = match scope {
        None => view.scan(&TEMPLATES_BY_COMPANY, &(), true).map(id).collect::<Result<Vec<_>, _>>()?,
        Some(company) => view.scan(&TEMPLATES_BY_COMPANY, &company, true).map(id).collect::<Result<_, _>>()?,
    };
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}

/// One at a time: templates with all they learnt may be large.
pub fn each(view: &View<'_>, ids: impl IntoIterator<Item = TemplateId>) -> impl Iterator<Item = Result<Template, StoreError>> {
    ids.into_iter().filter_map(|id| view.get(&TEMPLATES, &id).transpose())
}

pub fn of_company(view: &View<'_>, company: CompanyId) -> Result<Vec<Arc<Template>>, StoreError> {
    each(view, ids(view, Some(company))?).map(|template| template.map(Arc::new)).collect()
}

/// The template, if the user sees its company.
fn own(txn: &Txn<'_>, by: &By, id: TemplateId) -> Result<Template, Refusal> {
    let template = txn.get(&TEMPLATES, &id)?.ok_or_else(refusals::unknown_model_id)?;
    if by.actor.sees(template.company) { Ok(template) } else { Err(Refusal::no_permission()) }
}

/// Refuses if the template was changed, or is about to be, since the editor opened it.
fn check_version(txn: &Txn<'_>, known: &Template, seen: u64) -> Result<(), Refusal> {
    let changes = |action: &Action| matches!(action.job, Job::ChangeTemplate(id, _) if id == known.id);
    let is_changing = running(&txn.view())?.iter().any(changes) || is_waiting(&txn.view(), changes)?;
    if seen == known.version && !is_changing {
        return Ok(());
    }
    Err(refusals::template_has_changed())
}

/// Whether a template of the picture's company uses it, or is about to.
fn is_used(view: &View<'_>, picture: &Picture) -> Result<bool, StoreError> {
    let draws_on = |action: &Action| match &action.job {
        Job::AddTemplate(draft) | Job::ChangeTemplate(_, draft) => draft.origin == picture.id,
        _ => false,
    };
    if running(view)?.iter().any(draws_on) || is_waiting(view, draws_on)? {
        return Ok(true);
    }
    for template in each(view, ids(view, Some(picture.company))?) {
        if template?.origin == picture.id {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_areas(layout: &Layout, origin: &Picture) -> Result<(), Refusal> {
    match layout.areas.iter().find(|a| !a.rect.has_extent() || !a.rect.is_within(origin.width, origin.height)) {
        None => Ok(()),
        Some(area) => Err(refusals::area_is_outside(&area.pos_id)),
    }
}

/// The picture drawn on, if the user may see it and all areas are inside. A changed template, `known`, keeps its own by default.
pub fn drawn_on(
    view: &View<'_>,
    actor: &Actor,
    layout: &Layout,
    origin: Option<PictureId>,
    known: Option<&Template>,
) -> Result<Picture, Refusal> {
    let origin = origin_of(view, actor, origin.or(known.map(|t| t.origin)))?;
    check_areas(layout, &origin)?;
    Ok(origin)
}

/// A picture to draw a template on, if the user may see it.
pub fn origin_of(view: &View<'_>, actor: &Actor, id: Option<PictureId>) -> Result<Picture, Refusal> {
    let origin = id.map(|id| view.get(&PICTURES, &id)).transpose()?.flatten().filter(|p| p.purpose == Purpose::Template);
    let origin = origin.ok_or_else(refusals::no_such_origin)?;
    if actor.sees(origin.company) { Ok(origin) } else { Err(Refusal::no_permission()) }
}

impl App {
    pub async fn queue_template(
        &self,
        by: By,
        change: Option<TemplateId>,
        drawn: Drawn,
    ) -> Result<(ActionId, QueueSizes), Refusal> {
        self.act(by, move |txn, by| {
            let known = change.map(|id| own(txn, by, id)).transpose()?;
            if let (Some(known), Some(seen)) = (&known, drawn.version) {
                check_version(txn, known, seen)?;
            }
            let company = known.as_ref().map(|t| t.company).or(drawn.company).unwrap_or(by.actor.company);
            if !drawn.company.iter().all(|c| by.actor.sees(*c)) {
                return Err(Refusal::no_permission());
            }
            must_be_company(txn, company)?;
            let mut origin = drawn_on(&txn.view(), &by.actor, &drawn.layout, drawn.origin, known.as_ref())?;
            let by = &by.about(&txn.view(), company)?;
            if origin.company != company {
                let is_used = is_used(&txn.view(), &origin)?;
                let take = if is_used { pictures::hand_over } else { pictures::give };
                origin = take(txn, origin, company)?;
            }
            let shown = match &drawn.shown {
                Some(kept) => pictures::record(txn, by, kept, Purpose::Template, company)?.id,
                None => origin.id,
            };
            let (task, about) = (Task::AddTemplate, drawn.layout.label.clone());
            let fact = known.map_or(Fact::Queued { task, about }, |known| redrawn(&known.layout, &drawn.layout));
            let draft = TemplateDraft { company, layout: drawn.layout, json_model: drawn.json_model, origin: origin.id, shown };
            let job = match change {
                Some(id) => Job::ChangeTemplate(id, draft),
                None => Job::AddTemplate(draft),
            };
            let action = enqueue(txn, by, job, "", fact)?;
            Ok((action.id, sizes(&txn.view())?))
        })
        .await
    }

    pub async fn queue_template_deletion(&self, by: By, id: TemplateId) -> Result<(ActionId, QueueSizes), Refusal> {
        self.act(by, move |txn, by| {
            let template = own(txn, by, id)?;
            let by = &by.about(&txn.view(), template.company)?;
            let fact = Fact::Queued { task: Task::DeleteTemplate, about: template.layout.label };
            let action = enqueue(txn, by, Job::DeleteTemplate(id), "", fact)?;
            Ok((action.id, sizes(&txn.view())?))
        })
        .await
    }

    /// An engine has learnt it. `uuid`: for a new template.
    pub async fn template_learnt(&self, id: ActionId, learnt: Learnt, uuid: String) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let Some(action) = end(txn, id, State::Done)? else { return Ok(()) };
                match action.job.clone() {
                    Job::AddTemplate(draft) => {
                        let template = Template {
                            id: TemplateId(txn.next("templates")?),
                            company: draft.company,
                            layout: draft.layout,
                            json_model: draft.json_model,
                            registered: now(),
                            successes: 0,
                            origin: draft.origin,
                            shown: draft.shown,
                            uuid,
                            learnt,
                            version: 1,
                        };
                        txn.put(&TEMPLATES_BY_COMPANY, &(template.company, template.id), &())?;
                        keep(txn, &action, TemplateChange::Added, template)
                    }
                    Job::ChangeTemplate(id, draft) => match txn.get(&TEMPLATES, &id)? {
                        Some(known) => {
                            let TemplateDraft { layout, json_model, origin, shown, .. } = draft;
                            let numbers = [known.learnt.numbers.clone(), learnt.numbers].into_iter().flatten().collect();
                            let (learnt, version) = (Learnt { numbers, ..learnt }, known.version + 1);
                            let template = Template { layout, json_model, origin, shown, learnt, version, ..known };
                            keep(txn, &action, TemplateChange::Changed, template)
                        }
                        None => gone(txn, &action),
                    },
                    // An end without a result would look done.
                    _ => Err(Refusal::internal()),
                }
            })
            .await
    }

    pub async fn template_forgotten(&self, id: ActionId) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let Some(action) = end(txn, id, State::Done)? else { return Ok(()) };
                let Job::DeleteTemplate(template) = action.job else { return Err(Refusal::internal()) };
                let Some(known) = txn.get(&TEMPLATES, &template)? else { return gone(txn, &action) };
                txn.delete(&TEMPLATES, &template);
                txn.delete(&TEMPLATES_BY_COMPANY, &(known.company, template));
                let (change, template) = (TemplateChange::Deleted, Some(template));
                txn.tell(News::TemplateEnded { company: known.company, action: id, change, template, failed: false });
                Ok(())
            })
            .await
    }

    /// The engine refused, or failed in all tries.
    pub async fn template_failed(&self, id: ActionId) -> Result<(), Refusal> {
        self.store.write(move |txn| fail(txn, id)).await
    }
}

/// What the log says of a change.
fn redrawn(before: &Layout, after: &Layout) -> Fact {
    let names = |areas: Vec<&Area>| areas.iter().map(|area| area.pos_id.clone()).collect();
    let is_in = |layout: &Layout, area: &Area| layout.areas.iter().any(|other| other.pos_id == area.pos_id);
    let is_as_before = |area: &Area| before.areas.contains(area);
    Fact::TemplateRedrawn {
        from: before.label.clone(),
        to: after.label.clone(),
        added: names(after.areas.iter().filter(|area| !is_in(before, area)).collect()),
        removed: names(before.areas.iter().filter(|area| !is_in(after, area)).collect()),
        moved: names(after.areas.iter().filter(|area| is_in(before, area) && !is_as_before(area)).collect()),
    }
}

pub(super) fn fail(txn: &mut Txn<'_>, id: ActionId) -> Result<(), Refusal> {
    match end(txn, id, State::Failed)? {
        Some(action) => gone(txn, &action),
        None => Ok(()),
    }
}

fn keep(txn: &mut Txn<'_>, action: &Action, change: TemplateChange, template: Template) -> Result<(), Refusal> {
    txn.put(&TEMPLATES, &template.id, &template)?;
    let (company, action, template) = (template.company, action.id, Some(template.id));
    txn.tell(News::TemplateEnded { company, action, change, template, failed: false });
    Ok(())
}

/// A failed template action.
fn gone(txn: &mut Txn<'_>, action: &Action) -> Result<(), Refusal> {
    let failed = Action { state: State::Failed, ..action.clone() };
    set_aside(txn, &failed)?;
    let (change, template) = match action.job {
        Job::ChangeTemplate(id, _) => (TemplateChange::Changed, Some(id)),
        Job::DeleteTemplate(id) => (TemplateChange::Deleted, Some(id)),
        _ => (TemplateChange::Added, None),
    };
    txn.tell(News::TemplateEnded { company: action.company, action: action.id, change, template, failed: true });
    Ok(())
}
