//! `uvote keys rotate`.

use uuid::Uuid;
use uvote::keys::Keyring;
use uvote::store::election_keys;
use uvote_domain::seal::Key;

use crate::support::service::master_key;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn after_a_rotation_the_old_master_key_can_be_forgotten() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let id = Uuid::parse_str(&election.id).unwrap();
    let new = Key::from_bytes([77; 32]);
    let mut client = service.running().database().client().await.unwrap();
    let link = |keyring: Keyring| {
        let client = &client;
        async move { election_keys::link_key(client, &keyring, id).await }
    };
    assert!(link(Keyring::new(new.clone(), None)).await.is_err(), "wrapped under the old key");
    let before = link(Keyring::new(master_key(), None)).await.unwrap().unwrap();
    let both = Keyring::new(new.clone(), Some(master_key()));
    assert_eq!(election_keys::rewrap(&mut client, &both).await.unwrap(), 2);
    let after = election_keys::link_key(&client, &Keyring::new(new, None), id).await.unwrap().unwrap();
    assert_eq!(before.bytes(), after.bytes());
    drop(client);
    voters[0].cast(&election.choose(Some(0))).await;
}
