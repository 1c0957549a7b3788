import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { describeActor, placeOf } from './describe-alert.ts'
import { fitAlert } from './fit-alert.ts'
import { plainText } from './plain-text.ts'

/** Text of a block. Plain text has no markup at all. */
export type SlackText =
  | { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
  | { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true }

/** A block of a message. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: SlackText }
  | { readonly type: 'section'; readonly text: SlackText }
  | { readonly type: 'section'; readonly fields: readonly SlackText[] }
  | { readonly type: 'context'; readonly elements: readonly SlackText[] }

/** What an incoming webhook of Slack takes. */
export interface SlackMessage {
  /** For notifications, which show no blocks. */
  readonly text: string
  /** What is shown. */
  readonly blocks: readonly SlackBlock[]
  /** Nothing in `text` is markup. */
  readonly mrkdwn: false
  /** Links are not followed. */
  readonly unfurl_links: false
  /** Nor media. */
  readonly unfurl_media: false
}

const marks: Readonly<Record<AlertSeverity, string>> = { critical: '🔴', high: '🟠', medium: '🟡', low: '🔵' }

/**
 * Writes an alert as a message for Slack. Nothing from outside becomes markup: no mention, no link, no formatting.
 */
export function toSlackBlocks(alert: Alert): SlackMessage {
  const fitted = fitAlert(alert)
  const { severity, kind, title, expected, action, odd, actor, at, occurrences, resolves, id } = fitted
  const isResolved = resolves !== undefined
  const mark = isResolved ? '✅ Resolved:' : marks[severity]
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Severity', severity],
    ['Kind', kind],
    ['Repository', `${fitted.registry}/${fitted.repository}`],
    ['Tag', fitted.tag],
    ['Digest', fitted.digest],
    ['Before', fitted.previousDigest],
    ['Who', describeActor(actor)],
    ['User agent', actor.userAgent],
    ['Times', occurrences > 1 ? `${occurrences}` : undefined],
  ]
  const sections: readonly (readonly [string, string])[] = [
    ['Expected', expected],
    ['Found', listOf(odd)],
    ['What to do', action],
  ]
  return {
    text: escape(plainText(`${mark} ${title} (${placeOf(fitted)})`)),
    blocks: [
      { type: 'header', text: plain(`${mark} ${title}`, 150) },
      {
        type: 'section',
        fields: fields
          .filter((field): field is [string, string] => field[1] !== undefined)
          .map(([label, value]) => ({
            type: 'mrkdwn',
            text: `*${label}*\n${code(value)}`,
            verbatim: true,
          })),
      },
      ...sections
        .filter(([, text]) => text !== '')
        .map(([label, text]): SlackBlock => ({ type: 'section', text: lines(label, text) })),
      { type: 'context', elements: [plain(`${at} · ${id}`, 400)] },
    ],
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  }
}

const maxLines = 20

function listOf(odd: readonly string[]): string {
  const shown = odd.slice(0, maxLines).map((line) => `• ${plainText(line, 130)}`)
  return [...shown, ...(odd.length > maxLines ? [`… and ${odd.length - maxLines} more`] : [])].join('\n')
}

function plain(text: string, max: number): SlackText {
  return { type: 'plain_text', text: plainText(text, max), emoji: false }
}

/** A label and lines, of which each is clean and short enough for the 3,000 characters of a section. */
function lines(label: string, text: string): SlackText {
  const clean = text.split('\n').map((line) => plainText(line))
  return { type: 'plain_text', text: `${label}:\n${clean.join('\n')}`, emoji: false }
}

/** A value in a span of code, where nothing but the end of the span means anything. */
function code(text: string): string {
  return `\`${escape(plainText(text, 300).replaceAll('`', "'")) || ' '}\``
}

/** The three characters that Slack reads as the beginning of a mention, a link or an entity. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
