# The development inbox of the demo.

inbox-title = Development inbox
inbox-lead = Mails of this demo stay here instead of going out. Newest first.
inbox-empty = No mail yet. Send invitations, then reload this page.
inbox-no-subject = (no subject)
inbox-back = Back to the inbox
inbox-from = From
inbox-to = To
inbox-written = Written
inbox-message-id = Message-ID
inbox-text = Text
inbox-html = HTML
inbox-html-frame = The HTML part of the mail
