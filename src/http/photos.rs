//! Candidates' photos: sent by organisers while an election is a draft, and shown to everybody.

use std::pin::pin;

use actix_multipart::Multipart;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, get, put, web};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::contests::changes::{begin, find, find_candidate, finish};
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::voters::file_field;
use super::{Service, Uvote, done};
use crate::limits::Limit;
use crate::photos::{FILE_LIMIT, PhotoRefusal};
use crate::store::contests::{self, Candidate};
use crate::store::elections::Election;

/// The bytes of an image, as the OpenAPI document describes them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Image(pub Vec<u8>);

/// Gives a candidate another photo, cut to the middle square.
#[utoipa::path(tag = "contests", request_body(content = Image, content_type = "image/*"),
    responses((status = 200, body = Candidate), Problems), security(("bearer" = [])))]
#[put("/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}/photo")]
pub async fn replace(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid, Uuid)>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let (election, contest, candidate) = *path;
    let file = file(&request, payload).await?;
    Ok(HttpResponse::Ok().json(set(&service, &who, election, contest, candidate, file).await?))
}

/// Takes the photo of a candidate away.
#[utoipa::path(tag = "contests", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}/photo")]
pub async fn remove(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid, Uuid)>) -> Answer {
    let (election, contest, candidate) = *path;
    clear(&service, &who, election, contest, candidate).await?;
    Ok(done())
}

/// Shows a photo. Another photo has another id, so this one can be kept for ever.
#[utoipa::path(tag = "contests",
    responses((status = 200, body = Image, content_type = "image/jpeg"), Problems))]
#[get("/photos/{photo_id}")]
pub async fn show(service: Uvote, id: Id) -> Answer {
    let photo = service.photos.get(*id).await?.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header(("cache-control", "public, max-age=31536000, immutable"))
        .body(photo))
}

/// The file of a request, as its whole body or as the field `file` of a form.
pub(super) async fn file(request: &HttpRequest, payload: web::Payload) -> Answer<Bytes> {
    let content_type = request.content_type().to_ascii_lowercase();
    if content_type == "multipart/form-data" {
        let mut form = Multipart::new(request.headers(), payload);
        whole(file_field(&mut form).await?).await
    } else if content_type.starts_with("image/") || ["", "application/octet-stream"].contains(&&*content_type)
    {
        whole(payload).await
    } else {
        Err(Problem::unsupported("an image, or as multipart/form-data with the field `file`"))
    }
}

async fn whole<E: std::fmt::Display>(body: impl Stream<Item = Result<Bytes, E>>) -> Answer<Bytes> {
    let (mut body, mut file) = (pin!(body), BytesMut::new());
    while let Some(bytes) = body.next().await {
        let bytes =
            bytes.map_err(|error| Problem::malformed(format!("The file did not arrive whole: {error}.")))?;
        if file.len() + bytes.len() > FILE_LIMIT {
            return Err(PhotoRefusal::TooLarge.into());
        }
        file.extend_from_slice(&bytes);
    }
    Ok(file.freeze())
}

/// Gives a candidate of a draft the photo in `file`.
///
/// # Errors
/// As [`clear`], [`PhotoRefusal`] as a problem, and 429 when it was too often.
pub async fn set(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
    file: Bytes,
) -> Answer<Candidate> {
    // Asked before the work on the photo, and again behind the lock afterwards.
    judge(service, who, election, contest, candidate).await?;
    service.limits.take(Limit::Photo, who.account).await?;
    let photo = service.photos.accept(file).await?;
    // It is there before anything refers to it; when that fails, it stays as a file that nobody knows.
    let photo = service.photos.put(photo).await?;
    change(service, who, election, contest, candidate, Some(photo)).await
}

/// Takes the photo of a candidate of a draft away, if there is one.
///
/// # Errors
/// 404 and 403 for whoever may not change the election, 409 `WRONG_STATE` once it is no draft.
pub async fn clear(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
) -> Answer<Candidate> {
    change(service, who, election, contest, candidate, None).await
}

async fn judge(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    find_candidate(find(&transaction, election, contest).await?, candidate)?;
    transaction.rollback().await?;
    Ok(())
}

async fn change(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
    photo: Option<Uuid>,
) -> Answer<Candidate> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let before = find_candidate(find(&transaction, election, contest).await?, candidate)?;
    let after = contests::set_photo(&transaction, candidate, photo).await?;
    finish(transaction, who, election, "candidates").await?;
    discard(service, before.photo_id).await;
    Ok(after)
}

/// Removes photos that nothing refers to any more, after the commit that says so.
pub(super) async fn discard(service: &Service, photos: impl IntoIterator<Item = Uuid>) {
    for photo in photos {
        if let Err(error) = service.photos.delete(photo).await {
            tracing::warn!(%error, %photo, "a photo that is no longer used could not be removed");
        }
    }
}

/// Gives the candidates of an election that is being duplicated photos of their own: each file then
/// belongs to one candidate and goes with it.
pub(super) async fn copy(service: &Service, election: &mut Election) -> Answer<()> {
    for candidate in election.contests.iter_mut().flat_map(|contest| &mut contest.candidates) {
        if let Some(photo) = candidate.photo_id {
            candidate.photo_id = service.photos.copy(photo).await?;
        }
    }
    Ok(())
}
