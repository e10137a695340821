//! Second factors: codes that change with the time, and the recovery codes beside them.

use deadpool_postgres::Transaction;
use uuid::Uuid;
use uvote_domain::account::{Notice, RECOVERY_CODES, TOTP_SECRET_BYTES, Totp, recovery_code, typed_code};
use uvote_domain::refusal::Refusal;

use super::accounts::{self, Proven};
use super::mail::{self, Kind};
use super::{Client, Result, StoreError, execute, row_if_any, rows};
use crate::auth::token_hash;
use crate::keys::Keyring;

/// What an account compares the codes that it asks for with.
pub struct SecondFactor {
    /// The account.
    pub account: Uuid,
    /// Its address.
    pub email: String,
    /// What the codes are made of, sealed.
    pub secret: Vec<u8>,
    /// The latest step whose code was used.
    pub last_step: i64,
    /// The hashes of the recovery codes that are left.
    pub recovery_codes: Vec<Vec<u8>>,
}

/// The code that came with a password, to be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Factor {
    /// None, since none is asked for.
    None,
    /// The code of this step of half a minute.
    Step(i64),
    /// The recovery code with this hash.
    Recovery(Vec<u8>),
}

impl SecondFactor {
    /// What a code is, `at` so many seconds after 1970; nothing when it is wrong or was used.
    ///
    /// # Errors
    /// A bug when the secret opens under no master key.
    pub fn judge(&self, keyring: &Keyring, code: &str, at: u64) -> Result<Option<Factor>> {
        let code = typed_code(code);
        let step = open(keyring, self.account, &self.email, &self.secret)?.step(&code, at);
        if let Some(step) = step {
            return Ok((step > self.last_step).then_some(Factor::Step(step)));
        }
        let hash = token_hash(&code);
        Ok(self.recovery_codes.contains(&hash).then_some(Factor::Recovery(hash)))
    }
}

fn open(keyring: &Keyring, account: Uuid, email: &str, sealed: &[u8]) -> Result<Totp> {
    let secret = keyring.open_totp_secret(account, sealed).map_err(|error| bug(&error))?;
    Totp::new(&secret, email).map_err(|error| bug(&error))
}

fn bug(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Database(error.to_string())
}

/// Uses up the code that came with a password, in the transaction that holds the account. Answers
/// whether it was still good: two who send the same code at once must not both come in, nor anybody
/// without a code when one is asked for by now.
pub(crate) async fn spend(transaction: &Transaction<'_>, proven: &Proven) -> Result<bool> {
    let account = proven.account;
    match &proven.factor {
        Factor::None => {
            let sql = "SELECT FROM second_factors WHERE account_id = $1 AND confirmed_at IS NOT NULL";
            Ok(row_if_any(transaction, sql, &[&account]).await?.is_none())
        }
        Factor::Step(step) => {
            let sql = "UPDATE second_factors SET last_step = $2
                WHERE account_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";
            Ok(execute(transaction, sql, &[&account, step]).await? == 1)
        }
        Factor::Recovery(hash) => {
            let sql = "UPDATE recovery_codes SET used_at = clock_timestamp()
                WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL";
            let spent = execute(transaction, sql, &[&account, hash]).await? == 1;
            if spent {
                tell(transaction, account, Notice::RecoveryCodeUsed).await?;
                accounts::note(transaction, account, "account.recovery_code_used").await?;
            }
            Ok(spent)
        }
    }
}

async fn tell(transaction: &Transaction<'_>, account: Uuid, notice: Notice) -> Result<()> {
    mail::queue_to_account(transaction, Kind::Notice(notice), account, None, None).await
}

/// Makes a secret for an account, which asks for no code before its owner has confirmed one.
/// Nothing when the account is locked by now or its password is another.
///
/// # Errors
/// [`Refusal::Conflict`] when it asks for codes already.
pub async fn prepare(
    client: &mut Client,
    keyring: &Keyring,
    owner: &Proven,
    email: &str,
) -> Result<Option<Totp>> {
    let transaction = client.transaction().await?;
    if !accounts::hold(&transaction, owner).await? {
        return Ok(None);
    }
    let secret: [u8; TOTP_SECRET_BYTES] = rand::random();
    let sealed = keyring.seal_totp_secret(owner.account, &secret).map_err(|error| bug(&error))?;
    let sql = "INSERT INTO second_factors (account_id, secret) VALUES ($1, $2)
        ON CONFLICT (account_id) DO UPDATE SET secret = $2, created_at = clock_timestamp()
        WHERE second_factors.confirmed_at IS NULL";
    if execute(&transaction, sql, &[&owner.account, &sealed]).await? == 0 {
        let detail = "This account has a second factor already. Switch it off first.";
        return Err(Refusal::Conflict(detail.into()).into());
    }
    transaction.commit().await?;
    Ok(Some(Totp::new(&secret, email).map_err(|error| bug(&error))?))
}

/// Switches the second factor on, once its owner has a right code; answers the only copy of the
/// recovery codes, or nothing for a wrong code. Failures are not counted: whoever is signed in has
/// been shown the secret.
///
/// # Errors
/// [`Refusal::Conflict`] when there is no secret to confirm.
pub async fn confirm(
    client: &mut Client,
    keyring: &Keyring,
    account: Uuid,
    code: &str,
    at: u64,
) -> Result<Option<Vec<String>>> {
    let transaction = client.transaction().await?;
    let sql = "SELECT a.email, f.secret FROM accounts a JOIN second_factors f ON f.account_id = a.id
        WHERE a.id = $1 AND f.confirmed_at IS NULL FOR UPDATE OF a";
    let Some(row) = row_if_any(&transaction, sql, &[&account]).await? else {
        let detail = "There is no second factor that waits to be confirmed. Ask for a secret first.";
        return Err(Refusal::Conflict(detail.into()).into());
    };
    let totp = open(keyring, account, row.get("email"), row.get("secret"))?;
    let Some(step) = totp.step(&typed_code(code), at) else { return Ok(None) };
    let sql =
        "UPDATE second_factors SET confirmed_at = clock_timestamp(), last_step = $2 WHERE account_id = $1";
    execute(&transaction, sql, &[&account, &step]).await?;
    let codes = replace_recovery_codes(&transaction, account).await?;
    tell(&transaction, account, Notice::TotpEnabled).await?;
    accounts::note(&transaction, account, "account.totp_enabled").await?;
    transaction.commit().await?;
    Ok(Some(codes))
}

async fn replace_recovery_codes(transaction: &Transaction<'_>, account: Uuid) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(rand::random())).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| token_hash(&typed_code(code))).collect();
    let sql = "INSERT INTO recovery_codes (account_id, code_hash) SELECT $1, * FROM unnest($2::bytea[])";
    execute(transaction, sql, &[&account, &hashes]).await?;
    Ok(codes)
}

/// Switches the second factor off, for whoever has the password and a code. Answers whether both
/// were still good.
///
/// # Errors
/// As the database.
pub async fn remove(client: &mut Client, owner: &Proven) -> Result<bool> {
    let transaction = client.transaction().await?;
    if !accounts::redeem(&transaction, owner).await? {
        return Ok(false);
    }
    forget(&transaction, owner.account).await?;
    tell(&transaction, owner.account, Notice::TotpDisabled).await?;
    accounts::note(&transaction, owner.account, "account.totp_disabled").await?;
    transaction.commit().await?;
    Ok(true)
}

/// Forgets an account's secret and recovery codes.
pub(crate) async fn forget(transaction: &Transaction<'_>, account: Uuid) -> Result<()> {
    execute(transaction, "DELETE FROM recovery_codes WHERE account_id = $1", &[&account]).await?;
    execute(transaction, "DELETE FROM second_factors WHERE account_id = $1", &[&account]).await?;
    Ok(())
}

/// Seals every secret that the old master key has sealed under the present one; answers how many
/// there are.
///
/// # Errors
/// A bug when a secret opens under neither.
pub async fn reseal(client: &mut Client, keyring: &Keyring) -> Result<usize> {
    let transaction = client.transaction().await?;
    let found = rows(&transaction, "SELECT account_id, secret FROM second_factors FOR UPDATE", &[]).await?;
    for row in &found {
        let account: Uuid = row.get("account_id");
        let secret = keyring.open_totp_secret(account, row.get("secret")).map_err(|error| bug(&error))?;
        let sealed = keyring.seal_totp_secret(account, &secret).map_err(|error| bug(&error))?;
        let sql = "UPDATE second_factors SET secret = $2 WHERE account_id = $1";
        execute(&transaction, sql, &[&account, &sealed]).await?;
    }
    transaction.commit().await?;
    Ok(found.len())
}
