# The organiser's ballot page: contests, candidates and their photos.

ballot-lead = This is what voters see, in this order. Until the election opens, you can change everything.
ballot-preview = See it as a voter
ballot-next = Next: voters
ballot-frozen = { $status ->
    [scheduled] The ballot is fixed, because the election is scheduled: everybody gets the same questions, and nobody can change them afterwards. If something is wrong, duplicate the election and change the copy.
    [active] The ballot is fixed, because voting has begun: everybody gets the same questions, and nobody can change them any more. If something is wrong, close this election and duplicate it.
   *[other] The ballot stays as it was voted on, so that the results keep their meaning. To ask again, duplicate the election and change the copy.
}
ballot-observer = Your role lets you look at the ballot, but not change it. Somebody who manages this organisation can.
ballot-observer-empty = There is nothing on this ballot yet.

ballot-start = What is being decided?
ballot-start-lead = A contest is one decision, such as a post to fill or a question to answer. A ballot can hold several.
ballot-add = Add another contest
ballot-add-button = Add the contest
ballot-title = Title
ballot-title-hint = For example “Chair of the board” or “Shall we buy the hall?”
ballot-candidates = Candidates or answers
ballot-candidates-hint = One on each line; you can paste a whole list. Photos and descriptions come next.
ballot-seats = How many can win?
ballot-seats-hint = One, in most contests. Each voter may mark as many as can win.
ballot-more = Description, blank vote, order of candidates
ballot-description = Description
ballot-description-hint = Optional. Stands between the title and the candidates.
ballot-blank = Voters may leave it blank
ballot-blank-meaning = A blank vote says “none of these” and counts for the turnout. Without it, whoever votes has to mark somebody here.
ballot-order = Order of the candidates
ballot-order-listed = As listed
ballot-order-listed-meaning = Everybody sees your order. Whoever stands on top has a small advantage.
ballot-order-random = Shuffled for every voter
ballot-order-random-meaning = Takes away the advantage of standing on top; a long list is harder to search.

ballot-rule-seats = { $seats ->
    [one] One winner
   *[other] { NUMBER($seats) } winners; voters mark up to { NUMBER($seats) }
}
ballot-rule-blank = May be left blank
ballot-rule-no-blank = May not be left blank
ballot-rule-shuffled = Shuffled for every voter
ballot-too-few = { $count ->
    [0] Nobody stands here yet. Add two candidates before the election opens.
   *[other] Only one candidate stands here. Add another before the election opens, so that there is a choice.
}
ballot-nobody = Nobody stands here.
ballot-edit = Edit
ballot-edit-named = Edit { $name }
ballot-up = Move { $name } up
ballot-down = Move { $name } down
ballot-moved = { $name } is now number { $place } of { $count }.
ballot-not-moved = The new order was not saved. Reload the page and try again.
ballot-drag = Drag to another place
ballot-photo-of = Photo of { $name }
ballot-add-candidates = Add candidates
ballot-add-candidates-for = Add to { $contest }
ballot-add-candidates-hint = One on each line. They are added at the end.
ballot-add-candidates-button = Add

ballot-contest-heading = Edit the contest
ballot-contest-remove = Remove this contest
ballot-contest-remove-text = { $count ->
    [0] “{ $contest }” disappears from the ballot. This can't be undone.
    [one] “{ $contest }” disappears from the ballot, with its one candidate. This can't be undone.
   *[other] “{ $contest }” disappears from the ballot, with its { NUMBER($count) } candidates and their photos. This can't be undone.
}
ballot-contest-remove-button = Yes, remove it

ballot-candidate-heading = Edit the candidate
ballot-candidate-in = Stands in “{ $contest }”.
ballot-name = Name
ballot-about = Description
ballot-about-hint = Optional. Stands below the name on the ballot.
ballot-candidate-remove = Remove from the ballot
ballot-candidate-remove-text = { $name } no longer stands in “{ $contest }”. Name, description and photo are deleted.
ballot-candidate-remove-button = Yes, remove { $name }

ballot-photo = Photo
ballot-photo-hint = JPEG, PNG, WebP or GIF, at most 5 MB. We cut it to the middle square and remove everything else in the file, such as the place where it was taken.
ballot-photo-none = There is no photo yet. Voters see the initials in its place.
ballot-photo-choose = Choose a photo
ballot-photo-other = Choose another photo
ballot-photo-drop = You can also drop a photo here.
ballot-photo-use = Use this photo
ballot-photo-preview = This is how the photo will be cut.
ballot-photo-remove = Remove the photo
ballot-photo-missing = Please choose a file first.
ballot-photo-too-large = This file is larger than 5 MB. Save the photo smaller and choose it again.
ballot-photo-unsupported = This file is no JPEG, PNG, WebP or GIF image. Save the photo as one of these and choose it again.
ballot-photo-broken = This image can't be used: it is damaged, or has more than 36 megapixels. Open it, save it anew, and smaller if need be.
ballot-photo-busy = Many photos are being prepared at the moment. Nothing was changed; please try again in a minute.

ballot-preview-title = Preview of the ballot
ballot-preview-notice = This is a preview. You can try everything, and nothing is cast or kept.
ballot-preview-back = Back to editing
ballot-preview-end = On the real ballot, voters go on from here to review their choices, and cast only then.
ballot-preview-empty = The ballot is still empty.

done-contest-added = The contest is on the ballot.
done-contest-changed = The contest is changed.
done-contest-removed = The contest is removed.
done-candidates-added = The candidates are added.
done-candidate-changed = The candidate is changed.
done-candidate-removed = The candidate is removed.
done-photo-set = The photo is on the ballot.
done-photo-removed = The photo is removed.
