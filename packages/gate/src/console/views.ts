import type { Clock } from '@sallyport/core'
import type { PromotionKey } from '../ports/journal.ts'
import type { QuarantineEntry } from '../ports/quarantine-store.ts'
import { requireFields } from './access.ts'
import { answerPage, answerSeeOther } from './answer.ts'
import type { ConsoleEvent } from './console-event.ts'
import type { ReviewConsoleOptions } from './console-options.ts'
import {
  approvalTerms,
  approveEntry,
  approveFields,
  type Decided,
  rejectEntry,
  rejectFields,
  seenEntry,
} from './decide-entry.ts'
import type { PageSurroundings, RenderedPage } from './pages/console-page.ts'
import type { DecideView } from './pages/decide-forms.ts'
import { renderEntryPage } from './pages/entry-page.ts'
import { type ListQuery, listSeverities, listStates, renderListPage } from './pages/list-page.ts'
import {
  promotionResults,
  type PromotionsQuery,
  renderPromotionPage,
  renderPromotionsPage,
} from './pages/promotions-page.ts'
import type { Form } from './read-form.ts'
import { Refusal } from './refusal.ts'
import type { Route } from './routes.ts'
import type { Session } from './sessions.ts'

const pageSize = 50
const historySize = 10

/** The pages and the decisions of who is signed in. */
export interface Views {
  show(route: Route, query: URLSearchParams, surroundings: PageSurroundings): Promise<Response>
  decide(route: Route, form: Form, session: Session, surroundings: PageSurroundings): Promise<Response>
}

/** Reads what pages show from quarantine and journal. */
export function createViews(
  { quarantine, journal, approval, clock }: ReviewConsoleOptions & { readonly clock: Clock },
  emit: (event: ConsoleEvent) => void,
): Views {
  const findEntry = async (id: string): Promise<QuarantineEntry> => {
    const entry = await quarantine.get(id)
    if (entry) return entry
    throw new Refusal(404, 'Not found', 'There is no such entry.')
  }

  const requireJournal = () => {
    if (journal) return journal
    throw new Refusal(404, 'Not found', 'This console has no journal.')
  }

  const showList = async (query: ListQuery, surroundings: PageSurroundings): Promise<RenderedPage> => {
    const { state, cursor, ...match } = query
    const [page, counts] = await Promise.all([
      quarantine.list({ ...match, cursor, limit: pageSize, ...(state !== 'any' && { state }) }),
      quarantine.countStates(match),
    ])
    return renderListPage({ query, page, counts, now: clock.now() }, surroundings)
  }

  const showEntry = async (
    entry: QuarantineEntry,
    surroundings: PageSurroundings,
    problem?: DecideView['problem'],
  ): Promise<RenderedPage> => {
    const now = clock.now()
    const [terms, history] = await Promise.all([
      approvalTerms(entry, approval, now),
      journal?.list({ destination: entry.record.destination, limit: historySize }),
    ])
    const decide = { approval: terms, seen: seenEntry(entry), problem }
    return renderEntryPage({ entry, decide, history: history?.items, now }, surroundings)
  }

  const showPromotions = async (
    query: PromotionsQuery,
    surroundings: PageSurroundings,
  ): Promise<RenderedPage> => {
    const { result, cursor } = query
    const page = await requireJournal().list({
      cursor,
      limit: pageSize,
      ...(result === 'unfinished'
        ? { state: result }
        : result !== undefined && { verdict: result, state: 'finished' as const }),
    })
    return renderPromotionsPage({ query, page, now: clock.now() }, surroundings)
  }

  const showPromotion = async (key: PromotionKey, surroundings: PageSurroundings): Promise<RenderedPage> => {
    const kept = requireJournal()
    const [promotion, steps] = await Promise.all([kept.find(key), kept.steps(key)])
    if (!promotion) throw new Refusal(404, 'Not found', 'There is no such promotion.')
    return renderPromotionPage({ promotion, steps, now: clock.now() }, surroundings)
  }

  const render = async (
    route: Route,
    query: URLSearchParams,
    surroundings: PageSurroundings,
  ): Promise<RenderedPage> => {
    switch (route.page) {
      case 'list':
        return showList(toListQuery(query), surroundings)
      case 'entry':
        return showEntry(await findEntry(route.id), surroundings)
      case 'promotions':
        return showPromotions(toPromotionsQuery(query), surroundings)
      case 'promotion':
        return showPromotion(`sha256:${route.key}`, surroundings)
      default:
        throw new Refusal(404, 'Not found', 'There is no such page.')
    }
  }

  /** Says how it stands now; what somebody else decided is told and left alone. */
  const tell = async (
    decided: Decided,
    before: QuarantineEntry,
    session: Session,
    surroundings: PageSurroundings,
  ) => {
    const { links } = surroundings
    const { id } = before.record
    switch (decided.outcome) {
      case 'invalid':
        return answerPage(await showEntry(before, surroundings, decided.problem), { status: 422 })
      case 'changed': {
        const flash = {
          kind: 'note',
          text: 'It changed while you looked at it. Your decision was not taken: see how it stands now.',
        } as const
        return answerPage(await showEntry(await findEntry(id), { ...surroundings, flash }), { status: 409 })
      }
      case 'done': {
        const { status } = decided.entry
        if (decided.isNew && status.state === 'approved')
          emit({ type: 'approved', id, reviewer: session.reviewer, expires: status.expires })
        if (decided.isNew && status.state === 'rejected')
          emit({ type: 'rejected', id, reviewer: session.reviewer })
        session.flash = {
          kind: 'done',
          text:
            status.state === 'approved'
              ? `Approved until ${status.expires}. Promote the image again to let it through.`
              : 'Rejected. The image stays out.',
        }
        return answerSeeOther(links.entry(id))
      }
    }
  }

  return {
    show: async (route, query, surroundings) => answerPage(await render(route, query, surroundings)),
    async decide(route, form, session, surroundings) {
      if (route.page !== 'approve' && route.page !== 'reject')
        throw new Refusal(404, 'Not found', 'There is no such page.')
      const isApproval = route.page === 'approve'
      requireFields(form, isApproval ? approveFields : rejectFields)
      const entry = await findEntry(route.id)
      const decision = { quarantine, approval, reviewer: session.reviewer, now: clock.now() }
      const decided = await (isApproval ? approveEntry : rejectEntry)(entry, form, decision)
      return tell(decided, entry, session, surroundings)
    },
  }
}

/** A value that is asked for once and not empty. */
function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1) throw badQuery()
  const value = values[0]?.trim()
  // Control characters stand in nothing that is kept, and some stores take none.
  if (/\p{Cc}/u.test(value ?? '')) throw badQuery()
  return value === '' ? undefined : value
}

function choice<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = single(query, name)
  const found = choices.find((each) => each === value)
  if (value !== undefined && found === undefined) throw badQuery()
  return found
}

const toListQuery = (query: URLSearchParams): ListQuery => ({
  state: choice(query, 'state', listStates) ?? 'open',
  tier: single(query, 'tier'),
  worst: choice(query, 'worst', listSeverities),
  text: single(query, 'text'),
  cursor: single(query, 'cursor'),
})

const toPromotionsQuery = (query: URLSearchParams): PromotionsQuery => ({
  result: choice(query, 'result', promotionResults),
  cursor: single(query, 'cursor'),
})

const badQuery = () => new Refusal(400, 'Not like this', 'What was asked for can not be looked for.')
