//! Two and three processes on one database and one Redis: what one does, all tell, and nothing is done
//! twice.

mod announcements;
mod deaths;
mod doors;
mod once;
mod site;
mod watchers;
