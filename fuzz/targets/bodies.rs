//! The bodies of requests in JSON; the first byte says which.
#![no_main]

use actix_web::test::TestRequest;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use uvote::http::account::{AddressChange, OwnPassword, OwnProof, ProfileChange};
use uvote::http::auth::{MailedToken, RefreshRequest, Registration, SignIn};
use uvote::http::contests::{CandidatePatch, ContestPatch};
use uvote::http::elections::ElectionPatch;
use uvote::http::invitations::{InvitationRequest, LinkRequest};
use uvote::http::members::{InvitationToken, NewMember, NewRole};
use uvote::http::organisations::{OrganisationName, OrganisationPatch};
use uvote::http::passwords::{ChangedPassword, ForgottenPassword, NewPassword};
use uvote::http::second_factor::TotpCode;
use uvote::http::voters::{NewVoter, VoterPatch};
use uvote::http::votes::BallotRequest;
use uvote::store::contests::{CandidateDraft, ContestDraft};
use uvote::store::elections::ElectionDraft;
use uvote_fuzz::answer;

/// All but that of a vote, which has a target of its own.
const BODIES: [fn(&mut ServiceConfig); 28] = [
    taken::<AddressChange>,
    taken::<BallotRequest>,
    taken::<CandidateDraft>,
    taken::<CandidatePatch>,
    taken::<ChangedPassword>,
    taken::<ContestDraft>,
    taken::<ContestPatch>,
    taken::<ElectionDraft>,
    taken::<ElectionPatch>,
    taken::<ForgottenPassword>,
    taken::<InvitationRequest>,
    taken::<InvitationToken>,
    taken::<LinkRequest>,
    taken::<MailedToken>,
    taken::<NewMember>,
    taken::<NewPassword>,
    taken::<NewRole>,
    taken::<NewVoter>,
    taken::<OrganisationName>,
    taken::<OrganisationPatch>,
    taken::<OwnPassword>,
    taken::<OwnProof>,
    taken::<ProfileChange>,
    taken::<RefreshRequest>,
    taken::<Registration>,
    taken::<SignIn>,
    taken::<TotpCode>,
    taken::<VoterPatch>,
];

fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else { return };
    let json = ("content-type", "application/json");
    let request = TestRequest::post().insert_header(json).set_payload(body.to_vec());
    answer(BODIES[usize::from(*kind) % BODIES.len()], request);
});

fn taken<T: DeserializeOwned + 'static>(config: &mut ServiceConfig) {
    config.route("/", web::post().to(async |_: web::Json<T>| HttpResponse::Ok()));
}
