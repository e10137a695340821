//! The list of an account's elections.

use uuid::Uuid;
use uvote_domain::election::Status;

use super::{Election, SELECT, read};
use crate::store::{Client, Page, Parameters, Result, contests, row, rows};

/// What may be asked of a list of elections.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only these.
    pub status: Option<Status>,
    /// Only titles that contain this.
    pub title: Option<String>,
    /// Only those of this organisation.
    pub organisation: Option<Uuid>,
    /// The order.
    pub sort: Sort,
    /// Sort key and id of the last item of the page before.
    pub after: Option<(String, Uuid)>,
}

/// The order of a list of elections.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By creation, newest first.
    #[default]
    Newest,
    /// By creation, oldest first.
    Oldest,
    /// By title.
    Title,
    /// By title, backwards.
    TitleBackwards,
}

impl Sort {
    const fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Newest => ("''::text", "<", "DESC"),
            Self::Oldest => ("''::text", ">", "ASC"),
            Self::Title => ("lower(e.title)", ">", "ASC"),
            Self::TitleBackwards => ("lower(e.title)", "<", "DESC"),
        }
    }
}

/// The elections that an account may see.
///
/// # Errors
/// As the database.
pub async fn list(client: &Client, account: Uuid, filter: &Filter, limit: i64) -> Result<Page<Election>> {
    let (key, comparison, direction) = filter.sort.sql();
    let matching = "h.deleted_at IS NULL AND ($2::text IS NULL OR h.status = $2)
        AND ($3::text IS NULL OR position(lower($3) in lower(e.title)) > 0) AND ($4::uuid IS NULL OR e.organisation_id = $4)
        AND e.organisation_id IN (SELECT m.organisation_id FROM members m
            JOIN organisations o ON o.id = m.organisation_id AND o.deleted_at IS NULL WHERE m.account_id = $1)";
    let status = filter.status.map(Status::as_str);
    let (after_key, after_id) = filter.after.clone().map_or((None, None), |(key, id)| (Some(key), Some(id)));
    // The key comes from the database, whose lower case may differ from ours.
    let select = SELECT.replacen("SELECT", &format!("SELECT {key} AS sort_key,"), 1);
    let sql = format!(
        "{select} WHERE {matching} AND ($6::uuid IS NULL OR ({key}, e.id) {comparison} ($5::text, $6))
        ORDER BY {key} {direction}, e.id {direction} LIMIT $7::int8 + 1"
    );
    let values: Parameters<'_> =
        &[&account, &status, &filter.title, &filter.organisation, &after_key, &after_id, &limit];
    let found = rows(client, &sql, values).await?;
    let count = format!(
        "SELECT count(*) AS total FROM elections e JOIN election_heads h ON h.election_id = e.id WHERE {matching}"
    );
    let total = row(client, &count, &values[..4]).await?.get("total");
    let items = found.iter().map(|row| (row.get("sort_key"), read(row))).collect();
    let key = |(key, election): &(String, Election)| format!("{}\n{key}", election.id);
    let page = Page::cut(items, limit, total, key);
    let mut items: Vec<Election> = page.items.into_iter().map(|(_, election)| election).collect();
    attach_contests(client, &mut items).await?;
    Ok(Page { items, total, next: page.next })
}

async fn attach_contests(client: &Client, elections: &mut [Election]) -> Result<()> {
    let ids: Vec<Uuid> = elections.iter().map(|election| election.id).collect();
    for contest in contests::list(client, &ids).await? {
        if let Some(election) = elections.iter_mut().find(|election| election.id == contest.election_id) {
            election.contests.push(contest);
        }
    }
    Ok(())
}
