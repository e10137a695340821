//! The OpenAPI document, made from the handlers themselves.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::access;
use super::error::ProblemBody;

/// The problems that any call may answer.
pub struct Problems;

const STATUSES: [(&str, &str); 13] = [
    ("400", "MALFORMED"),
    ("401", "UNAUTHENTICATED, INVALID_CREDENTIALS"),
    ("403", "FORBIDDEN, RESULTS_HIDDEN"),
    ("404", "NOT_FOUND, TOKEN_UNKNOWN"),
    ("405", "METHOD_NOT_ALLOWED"),
    (
        "409",
        "WRONG_STATE, NOT_READY, HAS_BALLOTS, ALREADY_VOTED, ELECTION_NOT_ACTIVE, CONFLICT, COUNT_DISPUTED",
    ),
    ("410", "TOKEN_EXPIRED, TOKEN_REPLACED"),
    ("413", "TOO_LARGE"),
    ("415", "UNSUPPORTED_MEDIA_TYPE"),
    ("421", "MISDIRECTED"),
    ("422", "INVALID, INVALID_BALLOT, IMPORT_REJECTED"),
    ("429", "RATE_LIMITED"),
    ("503", "BUSY, OUTCOME_UNKNOWN, UNAVAILABLE, COUNTING"),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = |codes: &str| {
            ResponseBuilder::new().description(codes).content("application/problem+json", content()).build()
        };
        STATUSES.iter().map(|(status, codes)| ((*status).to_owned(), response(codes).into())).collect()
    }
}

/// Adds what the handlers do not say themselves.
pub fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("uvote")
        .version("1")
        .description(Some("Elections with secret ballots, live turnout, and results that anyone can check."))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.schemas.insert("Problem".to_owned(), ProblemBody::schema());
    let mut further = Vec::new();
    ProblemBody::schemas(&mut further);
    components.schemas.extend(further);
    declare_path_parameters(&mut document);
    access::declare(&mut document);
    document
}

/// Handlers take most ids under a name that the derivation does not see through, so the parameters
/// of a path are declared for all of its operations.
fn declare_path_parameters(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let declared: Vec<RefOr<Parameter>> = names.map(|name| path_parameter(name).into()).collect();
        item.parameters = (!declared.is_empty()).then_some(declared);
    }
}

fn path_parameter(name: &str) -> Parameter {
    let text = if name == "receipt" { ObjectBuilder::new() } else { uuid() };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(text.schema_type(Type::String)))
        .build()
}

fn uuid() -> ObjectBuilder {
    ObjectBuilder::new().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

/// The whole document, without a running service.
pub fn document() -> OpenApi {
    use utoipa_actix_web::AppExt;
    let (_, document) = actix_web::App::new().into_utoipa_app().configure(super::interface).split_for_parts();
    complete(document)
}
