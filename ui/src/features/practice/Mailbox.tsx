import { ArrowLeftIcon, CheckmarkCircleFillIcon, ClockIcon, EnvelopeClosedIcon, EnvelopeOpenIcon, ExclamationmarkTriangleFillIcon, MobileSmallIcon } from "@navikt/aksel-icons";
import { Button, Tag } from "@digdir/designsystemet-react";
import { useState } from "react";

import { useAction, useAnnounce, useNavigate } from "../../app";
import { useBridge, type CitizenNotice, type DocumentView, type MailboxLetter, type PracticeBooks, type PracticePerson } from "../../bridge";
import { ScreenTitle, TroublePanel } from "../../components";
import { PagesDialog } from "../../components/PagesDialog";
import { useFormat, useText } from "../../text";
import { purposeOf } from "./Persons";

/** What one citizen has got: notices, letters, and what the clerk hears of it. */
export function Mailbox({ person, letters, onBack, onBooks }: {
  person: PracticePerson;
  letters: readonly MailboxLetter[];
  onBack: () => void;
  onBooks: (books: PracticeBooks) => void;
}) {
  const text = useText().practice;
  const format = useFormat();
  return (
    <>
      <Button variant="tertiary" className="practice-back" onClick={onBack}>
        <ArrowLeftIcon aria-hidden />
        {text.back}
      </Button>
      <div>
        <ScreenTitle title={text.mailboxOf(person.name)} />
        <p className="mute figures">
          {text.number(format.personNumber(person.number))}. {purposeOf(person, text)}.
        </p>
      </div>
      {letters.length === 0 && <NoLetters person={person} />}
      {letters.map((letter) => (
        <Letter key={letter.message} letter={letter} onBooks={onBooks} />
      ))}
    </>
  );
}

function NoLetters({ person }: { person: PracticePerson }) {
  const text = useText().practice;
  const navigate = useNavigate();
  const [title, body] = {
    DIGITAL: [text.emptyDigitalTitle, text.emptyDigital],
    PRINT: [text.emptyPrintTitle, text.emptyPrint],
    STOP: [text.emptyStopTitle, text.emptyStop],
    WAIT: [text.emptyWaitTitle, text.emptyWait],
  }[person.channel] ?? [text.emptyDigitalTitle, text.emptyDigital];
  return (
    <section className="practice-empty">
      <h2>{title}</h2>
      <p>{body}</p>
      <Button variant="secondary" onClick={() => navigate({ screen: "compose" })}>
        {text.compose}
      </Button>
    </section>
  );
}

function Letter({ letter, onBooks }: { letter: MailboxLetter; onBooks: (books: PracticeBooks) => void }) {
  const bridge = useBridge();
  const text = useText().practice;
  const format = useFormat();
  const announce = useAnnounce();
  const [reading, setReading] = useState<DocumentView | null>(null);
  const title = letter.title ?? letter.publicTitle;
  const [main, ...attachments] = letter.documents;
  const opened = letter.openedAt !== null;
  const open = useAction(async () => {
    onBooks(await bridge.practiceOpen(letter.message));
    announce(text.openedNow(title));
  });
  // Later notices are given up once the letter is opened.
  const sent = letter.notices.filter((notice) => notice.day === 0);
  const later = letter.notices.filter((notice) => notice.day > 0);
  const owner = { of: "practice", message: letter.message } as const;
  const pages = letter.documents.reduce((sum, document) => sum + document.pages.length, 0);
  const supplier = letter.supplier.name ?? format.organisation(letter.supplier.organisation);
  return (
    <article className="practice-letter" aria-label={title}>
      {sent.map((notice, at) => (
        <Notice key={at} notice={notice} receivedAt={letter.receivedAt} />
      ))}
      {letter.notices.length === 0 && <p className="mute">{text.noNotices}</p>}
      <div className="practice-box">
        <div className="practice-box-head">
          <span className="medium grow">{text.mailbox(supplier)}</span>
          <Tag data-color={opened ? "success" : "info"}>
            {opened ? <EnvelopeOpenIcon aria-hidden /> : <EnvelopeClosedIcon aria-hidden />}
            {opened ? text.opened : text.unread}
          </Tag>
        </div>
        <div className="practice-box-body">
          {main && main.pages.length > 0 && (
            <span className="practice-page">
              <img src={bridge.pageUrl({ ...owner, document: main.number, page: 1 }, 200)} alt="" draggable={false} />
            </span>
          )}
          <div className="stack gap-4">
            <h2>{title}</h2>
            <p className="mute">{text.from(letter.sender)}</p>
            <p className="mute">{text.receivedPages(format.dayTime(letter.receivedAt), text.pages(pages))}</p>
            {opened &&
              attachments.map((attachment) =>
                attachment.pages.length > 0 ? (
                  <button key={attachment.number} type="button" className="text-button" onClick={() => setReading(attachment)}>
                    {attachment.title}
                  </button>
                ) : (
                  <p key={attachment.number}>{attachment.title}</p>
                ),
              )}
          </div>
        </div>
        <div className="practice-box-foot">
          {/* One button all along, so that focus stays on it. */}
          {(!opened || (main && main.pages.length > 0)) && (
            <Button
              className="big-button"
              variant={opened ? "secondary" : "primary"}
              loading={open.slow}
              onClick={() => {
                if (!opened) void open.run();
                else if (main) setReading(main);
              }}
            >
              {!open.slow && <EnvelopeOpenIcon aria-hidden />}
              {opened ? text.readLetter : text.open}
            </Button>
          )}
          {!opened && <p className="mute grow">{letter.openingAsked ? text.openPromise : text.openSilent}</p>}
        </div>
        {open.trouble && <TroublePanel trouble={open.trouble} />}
      </div>
      <ClerkHas letter={letter} />
      {!opened && later.map((notice, at) => <Notice key={at} notice={notice} receivedAt={letter.receivedAt} />)}
      {reading && <PagesDialog owner={owner} document={reading} start={1} onClose={() => setReading(null)} />}
    </article>
  );
}

function Notice({ notice, receivedAt }: { notice: CitizenNotice; receivedAt: string }) {
  const text = useText().practice;
  const format = useFormat();
  const Icon = notice.by === "sms" ? MobileSmallIcon : EnvelopeClosedIcon;
  return (
    <div className="practice-notice" data-later={notice.day > 0 ? "" : undefined}>
      <span className="practice-notice-icon">
        <Icon aria-hidden />
      </span>
      <h2>{notice.by === "sms" ? text.sms : text.email}</h2>
      <span className="mute figures">{notice.day === 0 ? format.time(receivedAt) : text.noticeLater(format.days(notice.day))}</span>
      <p className="practice-notice-text">{notice.text}</p>
      {notice.failed && (
        <p className="practice-notice-text tone-error row">
          <ExclamationmarkTriangleFillIcon className="icon" aria-hidden />
          {text.noticeFailed}
        </p>
      )}
    </div>
  );
}

function ClerkHas({ letter }: { letter: MailboxLetter }) {
  const text = useText().practice;
  const waits = letter.openingAsked && !letter.receipts.includes("opening");
  return (
    <section className="practice-clerk">
      <h3>{text.clerkHas}</h3>
      <ul className="row row-wrap gap-16">
        {letter.receipts.map((receipt) => {
          const bad = receipt === "error" || receipt === "notificationFailed" || receipt === "returned";
          const Icon = bad ? ExclamationmarkTriangleFillIcon : CheckmarkCircleFillIcon;
          return (
            <li key={receipt} className={`row ${bad ? "tone-warning" : "tone-ok"}`}>
              <Icon className="icon" aria-hidden />
              {text.receipt[receipt]}
            </li>
          );
        })}
        {letter.receipts.length === 0 && !waits && <li className="mute">{text.nothingYet}</li>}
        {waits && (
          <li className="row mute">
            <ClockIcon className="icon" aria-hidden />
            {text.openingAwaited}
          </li>
        )}
        {!letter.openingAsked && <li className="mute">{text.openingNotAsked}</li>}
      </ul>
    </section>
  );
}
