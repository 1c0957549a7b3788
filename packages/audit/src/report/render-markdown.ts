import { createMarkdownBudget, escapeMarkdown as md } from '@sallyport/policy/report'
import { auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { adviceOn, docsAddress } from './advice.ts'
import { isRunning } from './class-order.ts'
import {
  describeCoverage,
  describeDeployments,
  describeProblem,
  kindOf,
  nameOf,
  shownOf,
} from './describe-record.ts'
import { describeFlagged } from './render-text.ts'
import { createSurvey } from './survey.ts'
import type { AuditTrend } from './trend/compare-audits.ts'
import { describeTrend } from './trend/render-trend.ts'

/** Options of {@link renderAuditMarkdown}. */
export interface RenderAuditMarkdownOptions {
  /** Most bytes of the text. Default 60 000, which a ticket or a pull request's comment holds. At least 4 000. */
  readonly maxBytes?: number | undefined
  /** Most images, and most repositories, to name. Default 100. */
  readonly maxRows?: number | undefined
  /** Says what changed since an earlier audit. */
  readonly trend?: AuditTrend | undefined
  /** Where the project's `docs` are, with a `/` at the end. Default `https://sallyport.dev/`. */
  readonly docsBase?: string | undefined
}

const code = (text: string): string => `<code>${md(text)}</code>`

/**
 * An audit as a ticket or a comment: counts, what to do first, the worst repositories. What does not fit is counted at the
 * end; nothing that an image names can become markup, a link or a mention.
 */
export async function renderAuditMarkdown(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
  { maxBytes = 60_000, maxRows = 100, trend, docsBase }: RenderAuditMarkdownOptions = {},
): Promise<string> {
  const survey = createSurvey({ startedAt: summary.startedAt, repositories: maxRows, urgent: maxRows })
  for await (const record of records) survey.add(record)
  const found = survey.finish()
  const { classes, repositories } = summary
  const budget = createMarkdownBudget(Math.max(maxBytes, 4_000))
  budget.add(
    [
      `## Audit of ${md(summary.registry)}`,
      `**${md(describeFlagged(found))}**`,
      describeCoverage(summary)
        .map((sentence) => md(sentence))
        .join(' '),
      ...(trend === undefined ? [] : [md(describeTrend(trend))]),
    ].join('\n\n'),
  )
  const present = auditClasses.filter((each) => (classes[each] ?? 0) > 0)
  budget.add(
    present.length === 0
      ? 'No image was judged.'
      : [
          '| Class | Count | What to do |',
          '| --- | ---: | --- |',
          ...present.map(
            (each) =>
              `| [${each}](${docsAddress(each, docsBase)}) | ${classes[each]} | ${md(adviceOn(each).action)} |`,
          ),
        ].join('\n'),
  )
  budget.list(
    `Not listed${shownOf(repositories.failures.length, repositories.failed)}`,
    'failure',
    repositories.failures.map(
      ({ repository, code: cause, message }) => `- ${code(repository)}: ${md(message)} (${code(cause)})`,
    ),
  )
  budget.list(
    `What to do first${shownOf(found.urgent.length, found.flagged)}`,
    'image',
    found.urgent.map((record) => {
      const runs = isRunning(record) ? `, **runs in ${md(describeDeployments(record))}**` : ''
      return `- **${record.class}** ${code(nameOf(record))} (${md(kindOf(record))})${runs}: ${md(describeProblem(record))}`
    }),
  )
  budget.list(
    `Worst repositories${shownOf(found.repositories.length, found.flaggedRepositories)}`,
    'row',
    found.repositories.map(
      ({ repository, flagged, running, judged }) =>
        `- ${code(repository)}: ${flagged} of ${judged} flagged, ${running} of them known to run`,
    ),
  )
  return budget.finish()
}
