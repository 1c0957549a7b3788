import { styleText } from 'node:util'
import { visibleText } from '@sallyport/policy/report'
import { auditClasses, type AuditClass } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { adviceOn } from './advice.ts'
import { type ClassGroup, groupOf, isRunning } from './class-order.ts'
import {
  describeCoverage,
  describeDeployments,
  describeProblem,
  nameOf,
  repositoryCount,
  shownOf,
} from './describe-record.ts'
import { createSurvey, type Survey } from './survey.ts'
import { type TextCell, textTable, wrap } from './text-table.ts'

/** Options of {@link renderAuditText}. */
export interface RenderAuditTextOptions {
  /** Colours. Default `false`: who calls knows the terminal, and whether `NO_COLOR` is set. */
  readonly color?: boolean | undefined
  /** Columns of the terminal. Default 100; at least 50. */
  readonly width?: number | undefined
  /** Most images, and most repositories, to name. Default 20. */
  readonly maxRows?: number | undefined
}

const colors: Readonly<Record<ClassGroup, Parameters<typeof styleText>[0]>> = {
  'not judged': 'magenta',
  'not trusted': 'red',
  'not decided': 'yellow',
  'fails today': 'red',
  incomplete: 'cyan',
  compliant: 'green',
}

/** Paints a class by its group, or leaves it as it is. */
export const classPainter =
  (color: boolean) =>
  (auditClass: AuditClass): TextCell => ({
    text: auditClass,
    paint: color
      ? (text) => styleText(colors[groupOf(auditClass)], text, { validateStream: false })
      : undefined,
  })

/**
 * An audit for a terminal: what is flagged and runs first, then counts and the worst repositories. However many records
 * there are, only some are in memory. Nothing that an image names reaches the terminal as more than visible text.
 */
export async function renderAuditText(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
  { color = false, width: asked = 100, maxRows = 20 }: RenderAuditTextOptions = {},
): Promise<string> {
  const width = Math.max(asked, 50)
  const survey = createSurvey({ startedAt: summary.startedAt, repositories: maxRows, urgent: maxRows })
  for await (const record of records) survey.add(record)
  const found = survey.finish()
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  const paint = classPainter(color)
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', bold(visibleText(title)), ...lines]

  const lines = [
    ...wrap(
      visibleText(`Audit of ${summary.registry} (listing: ${summary.listing}, id: ${summary.id})`),
      width,
    ).map(bold),
    ...describeCoverage(summary).flatMap((sentence) => wrap(visibleText(sentence), width)),
    ...wrap(describeFlagged(found), width),
    ...section(
      `What to do first${shownOf(found.urgent.length, found.flagged)}`,
      urgentTable(found, paint, width),
    ),
    ...section('By class', classTable(summary, paint, width)),
    ...section('By role', roleTable(summary, width)),
    ...section(
      `Worst repositories${shownOf(found.repositories.length, found.flaggedRepositories)}`,
      repositoryTable(found, paint, width),
    ),
    ...section(
      `Not listed${shownOf(Math.min(summary.repositories.failures.length, maxRows), summary.repositories.failed)}`,
      failureTable(summary, maxRows, width),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** How many are flagged, and how many of them run, as far as it is known. */
export function describeFlagged({ flagged, running, joined, flaggedRepositories }: Survey): string {
  const runs = joined ? `${running} of them known to run` : 'where they run was not told'
  return flagged === 0
    ? 'Nothing is flagged.'
    : `${flagged} flagged in ${repositoryCount(flaggedRepositories)}, ${runs}.`
}

type Painter = ReturnType<typeof classPainter>

const urgentTable = ({ urgent }: Survey, paint: Painter, width: number) =>
  urgent.length === 0
    ? []
    : textTable(
        [{ title: 'Class' }, { title: 'Image' }, { title: 'Runs in' }, { title: 'Problem' }],
        urgent.map((record) => [
          paint(record.class!),
          nameOf(record),
          isRunning(record) ? describeDeployments(record) : '-',
          describeProblem(record),
        ]),
        width,
      )

const classTable = ({ classes }: AuditSummary, paint: Painter, width: number) => {
  const present = auditClasses.filter((each) => (classes[each] ?? 0) > 0)
  if (present.length === 0) return ['No image was judged.']
  return textTable(
    [{ title: 'Class' }, { title: 'Count', numeric: true }, { title: 'What to do' }],
    present.map((each) => [paint(each), classes[each]!, adviceOn(each).action]),
    width,
  )
}

const roleTable = ({ roles }: AuditSummary, width: number) =>
  Object.keys(roles).length === 0
    ? []
    : textTable([{ title: 'Role' }, { title: 'Count', numeric: true }], Object.entries(roles), width)

const repositoryTable = ({ repositories }: Survey, paint: Painter, width: number) =>
  repositories.length === 0
    ? []
    : textTable(
        [
          { title: 'Repository' },
          { title: 'Flagged', numeric: true },
          { title: 'Running', numeric: true },
          { title: 'Judged', numeric: true },
          { title: 'Worst' },
        ],
        repositories.map(({ repository, flagged, running, judged, classes }) => [
          repository,
          flagged,
          running,
          judged,
          paint(auditClasses.find((each) => (classes[each] ?? 0) > 0) ?? 'error'),
        ]),
        width,
      )

const failureTable = ({ repositories: { failures } }: AuditSummary, most: number, width: number) =>
  failures.length === 0
    ? []
    : textTable(
        [{ title: 'Repository' }, { title: 'Code' }, { title: 'Why' }],
        failures.slice(0, most).map(({ repository, code, message }) => [repository, code, message]),
        width,
      )
