"""A support desk: billing, sign-in, tone, customers abroad."""

from datetime import date

from memoria.sample_data.topics import Link, Memory, Recent, Topic

# `ruff format` would give each argument a line of its own: three times as long, no easier to read.
# fmt: off
TOPICS = (
    Topic(
        namespace="support",
        name="billing and refunds",
        starts=date(2026, 1, 19),
        summary="What support may promise about invoices, refunds and plan changes.",
        keywords=("invoice", "refund", "plan", "VAT", "payment", "credit"),
        people_and_things=("Priya", "Stripe", "Nordwind GmbH", "finance"),
        document=("Refund policy 2026", "https://help.example.com/policies/refunds"),
        memories=(
            Memory("bill-window", "rule",
                "Refunds are possible within 30 days of the charge, no reason needed. After that only "
                "finance (Priya) decides."),
            Memory("bill-vat", "fact",
                "EU invoices need the customer's VAT number before the invoice is issued; afterwards a "
                "credit note and a new invoice are required."),
            Memory("bill-annual", "decision",
                "Annual plans are refunded for the unused full months, monthly plans are not prorated. "
                "Decided with finance on 26 January."),
            Memory("bill-nordwind", "fact",
                "Nordwind GmbH pays by bank transfer and needs the purchase order number 4500017731 on "
                "every invoice, otherwise payment stops."),
            Memory("bill-limit", "rule",
                "An agent may grant a credit of up to 50 EUR on the spot; anything above needs a second "
                "name on the ticket."),
            Memory("bill-card", "skill",
                "When a card is declined, first compare the country of the card with the billing "
                "address; three of four declines on Stripe are a mismatch."),
            Memory("bill-window-longer", "rule",
                "Since 1 June refunds are possible within 45 days of the charge. "
                'The help page and macro "refund-ok" say so, too.', replaces="bill-window"),
            Memory("bill-tone", "preference",
                'Customers react better to "I have refunded 49.00 EUR, it arrives in 3 to 5 days" than '
                "to any apology. Lead with the amount."),
            Memory("bill-outage", "event",
                "On 8 July invoices for 212 customers were sent twice. Nobody was charged twice; the "
                'second PDF was void. Macro "double-invoice" explains it.'),
            Memory("bill-nordwind-po", "fact",
                "Nordwind GmbH: purchase order 4500017731 must be on every "
                "invoice; they pay by bank transfer.", same_as="bill-nordwind"),
        ),
        recent=(
            Recent("bill-open",
                "Ticket 58213: customer asks for a refund on day 44, which is inside the new window; "
                "waiting for Priya's confirmation."),
            Recent("bill-transfer",
                "Nordwind's transfer of 1,188.00 EUR arrived without a reference; finance is matching it "
                "by hand."),
        ),
        links=(
            Link("bill-window-longer", "contradicts", "bill-window", "45 days instead of 30 since June."),
            Link("bill-annual", "refines", "bill-window", 'What "refund" means for annual plans.'),
            Link("bill-limit", "supports", "bill-tone",
                "Agents can name an amount because they may grant it themselves."),
            Link("bill-nordwind", "follows", "bill-vat",
                "Their accounts department rejects corrected invoices."),
            Link("bill-outage", "refines", "bill-tone",
                "The one case where an explanation comes before the amount."),
        ),
    ),
    Topic(
        namespace="support",
        name="sign-in problems",
        starts=date(2026, 2, 16),
        summary="Passwords, single sign-on, two-factor codes: causes and cures.",
        keywords=("login", "SSO", "SAML", "password", "two-factor", "browser"),
        people_and_things=("Okta", "Jonas", "Safari", "security team"),
        document=("Sign-in troubleshooting", "https://help.example.com/sign-in"),
        memories=(
            Memory("login-clock", "fact",
                "Two-factor codes fail mostly because the phone's clock is off. A difference of more "
                "than 30 seconds is enough."),
            Memory("login-never", "rule",
                "Never ask for a password, a one-time code or a screenshot that shows one. If a customer "
                "sends it anyway: delete, reset, tell them."),
            Memory("login-saml", "skill",
                'For "invalid audience" errors compare the entity id in the identity provider with ours, '
                "character by character: a trailing slash is the usual culprit.\nExpected: "
                "https://app.example.com/saml/metadata\nSeen:     https://app.example.com/saml/metadata/"),
            Memory("login-safari", "fact",
                'Safari 19 blocks the sign-in window when "prevent cross-site tracking" is on and the '
                "customer uses a custom domain. Workaround: open the link in the same tab."),
            Memory("login-lockout", "decision",
                "After 10 failed attempts an account is locked for 15 minutes; support cannot lift the "
                "lock, and that is on purpose."),
            Memory("login-jonas", "fact",
                "Jonas from the security team answers questions about SAML within an hour on working "
                "days; for anything else open a ticket."),
            Memory("login-recovery", "rule",
                "Recovery without the second factor needs two proofs: a signed request from the company "
                "address and a call back to a number we already have."),
            Memory("login-okta", "event",
                "Okta rotated certificates on 14 April; 23 customers with a pinned certificate could not "
                "sign in until they uploaded the new one."),
            Memory("login-passkey", "project",
                "Passkeys are in beta for 40 customers since September. Known gap: no passkeys on shared "
                "kiosk tablets."),
            Memory("login-lock-shorter", "decision",
                "The lock after failed attempts now lasts 5 minutes, because "
                "nurses on shift could not wait a quarter of an hour.", replaces="login-lockout"),
        ),
        recent=(
            Recent("login-ticket",
                'Ticket 58377: "Anmeldung geht nicht 😡", phone clock is 4 minutes fast, instructions '
                "sent."),
            Recent("login-beta",
                "Two passkey testers report that the prompt appears twice on Android; Jonas has the logs."),
            Recent("login-cert",
                "Reminder for 2 November: the certificate of the identity provider of Clinic Sankt Anna "
                "expires."),
        ),
        links=(
            Link("login-lock-shorter", "contradicts", "login-lockout", "Five minutes instead of fifteen."),
            Link("login-recovery", "supports", "login-never",
                "A strict recovery path is what makes the rule possible to keep."),
            Link("login-okta", "follows", "login-saml", "The same error message with a different cause."),
            Link("login-passkey", "follows", "login-clock",
                "With passkeys the clock of the phone no longer matters."),
            Link("login-jonas", "supports", "login-saml",
                "Whom to ask when the audience matches and it still fails."),
        ),
    ),
    Topic(
        namespace="support",
        name="tone and escalation",
        starts=date(2026, 3, 2),
        summary="How the assistant writes to customers and when a person takes over.",
        keywords=("tone", "escalation", "macro", "apology", "handover", "signature"),
        people_and_things=("Priya", "Mehmet", "tier 2", "on-call"),
        document=("Voice and tone", "https://wiki.example.com/support/voice-and-tone"),
        memories=(
            Memory("tone-first", "rule",
                "Answer first, explanation second, apology at most once. The first sentence must make "
                "sense on a phone's lock screen."),
            Memory("tone-names", "preference",
                'Sign with a first name and the word "assistant", for example "Kind regards, Ada '
                '(assistant)". Nobody should guess whether they talk to a person.'),
            Memory("tone-handover", "rule",
                'Hand over to a person at the second "this does not help", at any mention of a lawyer, '
                "and whenever someone sounds in danger."),
            Memory("tone-emoji", "decision",
                "One emoji per thread, and only after the customer used one first. 🙂 is fine, 😂 is not."),
            Memory("tone-night", "fact",
                "Between 22:00 and 06:00 UTC there is only one person on call; a handover takes up to 40 "
                "minutes and the customer must be told so."),
            Memory("tone-mehmet", "preference",
                "Mehmet (tier 2) wants handovers as three lines: what they want, what we tried, what "
                "they are afraid of."),
            Memory("tone-blame", "rule",
                'Never write "you forgot" or "as I already said". Write what happened next: "the export '
                'had no columns selected, so the file was empty".'),
            Memory("tone-quote", "skill",
                "Quote the customer's own words before solving: they wrote \"the little wheel never "
                'stops", so say "the wheel" and not "the loading indicator".'),
            Memory("tone-macro", "fact",
                "Macros with more than 90 words are answered with a question in 41 % of cases, shorter "
                "ones in 17 %."),
            Memory("tone-mehmet-lines", "preference",
                "For tier 2 handovers Mehmet asks for three lines: what they "
                "want, what we tried, what they are afraid of.", same_as="tone-mehmet"),
        ),
        recent=(
            Recent("tone-live",
                "Handover running: ticket 58402 waits for Mehmet since 16:05; the customer knows it can "
                "take until 16:45."),
            Recent("tone-draft",
                'Draft of the shorter "export is empty" macro (62 words) is with Priya for review.'),
        ),
        links=(
            Link("tone-macro", "supports", "tone-first", "Short answers cause fewer questions."),
            Link("tone-night", "refines", "tone-handover",
                "At night a handover needs an honest waiting time."),
            Link("tone-mehmet", "supports", "tone-handover", "The three lines make a handover quick."),
            Link("tone-quote", "supports", "tone-blame", "Using their words leaves no room for blame."),
            Link("tone-emoji", "contradicts", "tone-first",
                "A friendly opening costs the first line; the rule wins on phones."),
        ),
    ),
    Topic(
        namespace="support",
        name="customers abroad",
        starts=date(2026, 5, 11),
        summary="Languages, time zones and habits of customers outside the home market.",
        keywords=("language", "timezone", "translation", "Deutsch", "español", "日本語"),
        people_and_things=("Estudio Luna", "株式会社あおば", "Nordwind GmbH", "Przychodnia Zdrowie"),
        document=("Languages we answer in", "https://wiki.example.com/support/languages"),
        memories=(
            Memory("abroad-german", "preference",
                'Frau Böhm (Nordwind GmbH) möchte auf Deutsch und mit "Sie" angeschrieben werden. Zahlen '
                "bitte mit Komma: 1.234,56 EUR."),
            Memory("abroad-luna", "preference",
                'Estudio Luna prefiere respuestas en español y por la tarde: "antes de las 11 estamos '
                'rodando". ¡Nada de llamadas!'),
            Memory("abroad-aoba", "fact",
                "株式会社あおばの担当者は佐藤様。返信は必ず日本語で、"
                "件名に「【至急】」がある場合は2時間以内に一次回答する。"),
            Memory("abroad-clinic", "fact",
                "Przychodnia Zdrowie prosi o instrukcje krok po kroku, z numerami; zdjęcia ekranu po "
                "polsku, bo personel nie zna angielskiego."),
            Memory("abroad-dates", "rule",
                "Write dates as 3 November 2026, never as 03/11/2026: a customer in Austin read it as "
                "the 11th of March and missed a deadline."),
            Memory("abroad-machine", "decision",
                "Machine translation may draft, a person who speaks the language sends. Exception: "
                "greetings and closing lines."),
            Memory("abroad-dst", "fact",
                "Between 25 October and 1 November Europe and North America are an hour closer than "
                "usual; the call with Austin moves to 14:00 UTC."),
            Memory("abroad-names", "skill",
                'Do not shorten names: "María José" is one first name, 佐藤 is a family name, and "van '
                'den Berg" sorts under B in the Netherlands.'),
            Memory("abroad-rtl", "fact",
                "رسائل العملاء بالعربية تصل أحيانًا بعلامات ترقيم معكوسة؛ لا تُصحَّح، بل تُنسخ كما هي في "
                "التذكرة."),
            Memory("abroad-german-formal", "preference",
                'Frau Böhm von Nordwind GmbH: bitte Deutsch, "Sie", Zahlen mit '
                "Komma (1.234,56 EUR).", same_as="abroad-german"),
        ),
        recent=(
            Recent("abroad-sato", "佐藤様より「【至急】請求書の再発行」— 一次回答済み、経理の確認待ち。"),
            Recent("abroad-call",
                "Llamada con Estudio Luna movida al jueves a las 16:00, hora de Madrid; quieren ver la "
                "exportación por carpetas."),
        ),
        links=(
            Link("abroad-german", "refines", "abroad-dates",
                "German customers get their numbers in their own notation as well."),
            Link("abroad-machine", "supports", "abroad-aoba",
                "A person who speaks Japanese sends the first answer."),
            Link("abroad-names", "supports", "abroad-luna", 'She signs as "María José", both words.'),
            Link("abroad-dst", "follows", "abroad-dates",
                "The same customer in Austin, another kind of misunderstanding."),
            Link("abroad-clinic", "refines", "abroad-machine",
                "Step-by-step instructions are translated by the clinic's own nurse."),
        ),
    ),
)
