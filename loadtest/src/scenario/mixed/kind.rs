/// What a visitor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A voter opens the page of a link.
    VotePage,
    /// A voter's page asks for the candidates.
    Ballot,
    /// Anybody reads the page with the results of another election.
    ResultsPage,
    /// Anybody asks for these results as JSON.
    Results,
    /// A voter of that election looks a receipt up.
    Receipt,
    /// An organiser looks at the election.
    Election,
    /// An organiser looks at its turnout.
    Turnout,
    /// An organiser looks at the organisation.
    Organisation,
    /// An organiser looks at the own account.
    Account,
    /// An organiser lists voters.
    Voters,
    /// Somebody signs in.
    SignIn,
}

impl Kind {
    /// Everything but signing in, which costs far more than reading.
    pub(super) const READS: [Self; 10] = [
        Self::VotePage,
        Self::Ballot,
        Self::ResultsPage,
        Self::Results,
        Self::Receipt,
        Self::Election,
        Self::Turnout,
        Self::Organisation,
        Self::Account,
        Self::Voters,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::VotePage => "voting page",
            Self::Ballot => "ballot",
            Self::ResultsPage => "results page",
            Self::Results => "results",
            Self::Receipt => "receipt",
            Self::Election => "election",
            Self::Turnout => "turnout",
            Self::Organisation => "organisation",
            Self::Account => "account",
            Self::Voters => "list of voters",
            Self::SignIn => "sign-in",
        }
    }

    pub(super) const fn is_of_organisers(self) -> bool {
        !matches!(self, Self::VotePage | Self::Ballot | Self::ResultsPage | Self::Results | Self::Receipt)
    }

    /// The keys and labels of the median and of the 99th percentile.
    pub(super) const fn figures(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::VotePage => {
                [("vote_page_p50_us", "voting page p50"), ("vote_page_p99_us", "voting page p99")]
            }
            Self::Ballot => [("ballot_p50_us", "ballot p50"), ("ballot_p99_us", "ballot p99")],
            Self::ResultsPage => {
                [("results_page_p50_us", "results page p50"), ("results_page_p99_us", "results page p99")]
            }
            Self::Results => [("results_p50_us", "results p50"), ("results_p99_us", "results p99")],
            Self::Receipt => [("receipt_p50_us", "receipt p50"), ("receipt_p99_us", "receipt p99")],
            Self::Election => [("election_p50_us", "election p50"), ("election_p99_us", "election p99")],
            Self::Turnout => [("turnout_p50_us", "turnout p50"), ("turnout_p99_us", "turnout p99")],
            Self::Organisation => {
                [("organisation_p50_us", "organisation p50"), ("organisation_p99_us", "organisation p99")]
            }
            Self::Account => [("account_p50_us", "account p50"), ("account_p99_us", "account p99")],
            Self::Voters => {
                [("voters_p50_us", "list of voters p50"), ("voters_p99_us", "list of voters p99")]
            }
            Self::SignIn => [("sign_in_p50_us", "sign-in p50"), ("sign_in_p99_us", "sign-in p99")],
        }
    }
}
