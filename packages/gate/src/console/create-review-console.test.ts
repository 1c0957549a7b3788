import { generateSigningKey, keySigner } from '@sallyport/attest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { QuarantinedFinding, QuarantineRecord } from '../ports/quarantine-store.ts'
import { idOf, openClient, openConsole, recordOf, tokens } from './console-test.fixture.ts'

const approval = { reason: 'nothing calls it in production', expires: '2026-12-01', scope: 'digest' }

let at: ReturnType<typeof openConsole>
beforeEach(async () => {
  at = openConsole()
  await at.quarantine.put(recordOf('app'))
})
afterEach(() => at[Symbol.asyncDispose]())

const stateOf = async (name = 'app') => (await at.quarantine.get(idOf(name)))?.status.state

describe('signing in', () => {
  it('comes before everything, and leads back to where somebody wanted to go', async () => {
    const client = openClient(at.console)
    const asked = await client.get(`/entries/${idOf('app')}`)
    expect([asked.status, asked.headers.get('location')]).toEqual([
      303,
      `/sign-in?next=%2Fentries%2F${idOf('app')}`,
    ])
    const signedIn = await client.post('/sign-in', { next: `/entries/${idOf('app')}`, secret: tokens.Ada })
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, `/entries/${idOf('app')}`])
    expect(signedIn.headers.getSetCookie()[0]).toMatch(
      /^sallyport-review=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(await (await client.get('/')).text()).toContain('prod.example/<wbr />app:1')
  })

  it.each([
    '//evil.example/',
    'https://evil.example/',
    '/../evil',
    '/sign-out',
    '\\evil',
    `/entries/${'0'.repeat(31)}`,
  ])('leads nowhere else: %j', async (next) => {
    const { headers } = await openClient(at.console).post('/sign-in', { next, secret: tokens.Ada })
    expect(headers.get('location')).toBe('/')
  })

  it.each(['', 'short', tokens.Ada.slice(1), `${tokens.Ada}x`])(
    'takes no other token: %j',
    async (secret) => {
      const client = openClient(at.console)
      const answer = await client.post('/sign-in', { next: '', secret })
      expect([answer.status, client.cookie()]).toEqual([401, undefined])
      expect(await answer.text()).not.toContain(tokens.Ada)
    },
  )

  it('takes a code once, and in time', async () => {
    const code = at.console.issueSignInCode('Cleo')
    const [first, second] = [openClient(at.console), openClient(at.console)]
    expect((await first.post('/sign-in', { next: '', secret: code })).status).toBe(303)
    expect(await (await first.get('/')).text()).toContain('Cleo')
    expect((await second.post('/sign-in', { next: '', secret: code })).status).toBe(401)
    const late = at.console.issueSignInCode('Cleo', { lifetimeMs: 1000 })
    at.advance(1000)
    expect((await second.post('/sign-in', { next: '', secret: late })).status).toBe(401)
  })

  it('makes who guesses wait, even with the right token', async () => {
    const client = openClient(at.console)
    for (let tries = 0; tries < 10; tries++)
      expect((await client.post('/sign-in', { next: '', secret: `guess ${tries}` })).status).toBe(401)
    const blocked = await client.signIn()
    expect([blocked.status, blocked.headers.get('retry-after')]).toEqual([429, '60'])
    at.advance(60_000)
    expect((await client.signIn()).status).toBe(303)
    expect(at.events.map(({ type }) => type)).toEqual([
      ...Array<string>(11).fill('sign-in-refused'),
      'signed-in',
    ])
    expect(JSON.stringify(at.events)).not.toMatch(/guess|token of/)
  })

  it('ends by itself, and when somebody signs out', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = await client.fieldsOf('app')
    at.advance(8 * 3_600_000)
    expect((await client.get('/')).headers.get('location')).toBe('/sign-in')
    expect((await client.post(`/entries/${idOf('app')}/reject`, { ...fields, reason: 'no' })).status).toBe(
      401,
    )
    await client.signIn()
    const { form = '' } = await client.fieldsOf('app')
    const cookie = client.cookie()!
    expect((await client.post('/sign-out', { form })).status).toBe(303)
    expect((await client.get('/', { cookie })).status).toBe(303)
    expect(await stateOf()).toBe('open')
  })

  it('keeps no more sessions than it may; the oldest end', async () => {
    await using small = openConsole({ maxSessions: 2 })
    const clients = [openClient(small.console), openClient(small.console), openClient(small.console)]
    for (const client of clients) await client.signIn()
    expect(await Promise.all(clients.map(async (client) => (await client.get('/')).status))).toEqual([
      303, 200, 200,
    ])
  })

  it('is bound to the path where other servers of the machine have the same host', async () => {
    await using secure = openConsole({ prefix: '/kept-secret' })
    const client = openClient(secure.console, { origin: 'https://127.0.0.1:4000', prefix: '/kept-secret' })
    const { headers } = await client.signIn()
    expect(headers.getSetCookie()[0]).toMatch(
      /^__Secure-sallyport-review=[\w-]{43}; Path=\/kept-secret; HttpOnly; SameSite=Strict; Secure$/,
    )
    expect((await client.get('/')).status).toBe(200)
  })

  it('is bound to TLS where there is TLS', async () => {
    await using secure = openConsole({ origins: ['https://gate.example'], prefix: '/review' })
    const client = openClient(secure.console, { origin: 'https://gate.example', prefix: '/review' })
    const { headers } = await client.signIn()
    expect(headers.get('location')).toBe('/review/')
    expect(headers.getSetCookie()[0]).toMatch(
      /^__Host-sallyport-review=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
  })

  it.each([
    ['a short token', { tokens: [{ reviewer: 'Ada', token: 'short' }] }],
    [
      'one token for two',
      {
        tokens: [
          { reviewer: 'Ada', token: tokens.Ada },
          { reviewer: 'Ben', token: tokens.Ada },
        ],
      },
    ],
    ['a name that hides something', { tokens: [{ reviewer: 'Ada\u202e', token: tokens.Ada }] }],
    ['no name', { tokens: [{ reviewer: ' ', token: tokens.Ada }] }],
  ])('is not set up with %s', (_, signIn) => {
    expect(() => openConsole({ signIn })).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
})

describe("a platform's own sign-in", () => {
  const authenticate = async (request: Request) => request.headers.get('x-user') ?? undefined

  it('names the reviewer of each request', async () => {
    await using own = openConsole({ signIn: { authenticate } })
    await own.quarantine.put(recordOf('app'))
    const client = openClient(own.console)
    expect((await client.get('/')).status).toBe(401)
    expect((await client.get('/sign-in', { 'x-user': 'Ada' })).status).toBe(404)
    expect(() => own.console.issueSignInCode('Ada')).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    const page = await (await client.get(`/entries/${idOf('app')}`, { 'x-user': 'Ada' })).text()
    expect(page).not.toContain('Sign out')
    const valueOf = (name: string) => new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page)![1]!
    const fields = { form: valueOf('form'), seen: valueOf('seen'), reason: 'build it anew' }
    const own_ = { origin: 'http://127.0.0.1:4000' }
    // A form that was made for Ada, sent as somebody else.
    expect(
      (await client.post(`/entries/${idOf('app')}/reject`, fields, { ...own_, 'x-user': 'Ben' })).status,
    ).toBe(403)
  })

  it('decides in the name that it gave', async () => {
    await using own = openConsole({ signIn: { authenticate: () => 'Ada' } })
    await own.quarantine.put(recordOf('app'))
    const client = openClient(own.console)
    const fields = await client.fieldsOf('app')
    expect(
      (await client.post(`/entries/${idOf('app')}/reject`, { ...fields, reason: 'build it anew' })).status,
    ).toBe(303)
    expect(await own.quarantine.get(idOf('app'))).toMatchObject({ status: { state: 'rejected', by: 'Ada' } })
  })
})

describe('the list', () => {
  beforeEach(async () => {
    await at.quarantine.put(recordOf('shop', { tier: 'staging', severity: 'high', hours: 2 }))
    await at.quarantine.put(recordOf('broken', { verdict: 'error', hours: 3 }))
    await at.quarantine.put(recordOf('old', { hours: 4 }))
    await at.quarantine.reject(idOf('old'), { by: 'Ben', reason: 'no' })
  })

  it.each([
    ['', ['app', 'shop', 'broken']],
    ['?state=any', ['app', 'shop', 'broken', 'old']],
    ['?state=rejected', ['old']],
    ['?tier=staging', ['shop']],
    ['?worst=high', ['shop']],
    ['?text=ZLIB1G&tier=prod', ['app']],
    ['?text=&tier=&worst=', ['app', 'shop', 'broken']],
    ['?text=%25', []],
  ])('shows what %j asks for', async (query, names) => {
    const client = openClient(at.console)
    await client.signIn()
    const text = await (await client.get(`/${query}`)).text()
    expect([...text.matchAll(/entries\/([0-9a-f]{32})/g)].map(([, id]) => id)).toEqual(names.map(idOf))
  })

  it.each([
    '?state=none',
    '?worst=worst',
    '?state=open&state=any',
    `?text=${'x'.repeat(201)}`,
    '?cursor=%00',
  ])('is not asked for by %j', async (query) => {
    const client = openClient(at.console)
    await client.signIn()
    expect((await client.get(`/${query}`)).status).toBe(400)
  })

  it('counts, and goes on where a page ends', async () => {
    for (let number = 0; number < 60; number++)
      await at.quarantine.put(recordOf(`many-${number}`, { hours: 5 }))
    const client = openClient(at.console)
    await client.signIn()
    const first = await (await client.get('/')).text()
    expect(first).toMatch(/Open <span class="number">63</)
    const idsOf = (text: string) => [...text.matchAll(/entries\/([0-9a-f]{32})/g)].map(([, id]) => id)
    expect(idsOf(first)).toHaveLength(50)
    const next = /href="([^"]*cursor=[^"]*)"/.exec(first)![1]!.replaceAll('&amp;', '&')
    expect(idsOf(await (await client.get(next)).text())).toHaveLength(13)
  })
})

describe('an approval', () => {
  it('is signed in the name of who is signed in, with reason and end', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = await client.fieldsOf('app', 'approve')
    const sent = await client.post(`/entries/${idOf('app')}/approve`, { ...fields, ...approval })
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `/entries/${idOf('app')}`])
    const { files, refused } = await at.quarantine.approvedWaivers({
      keys: [at.publicKey],
      now: new Date('2026-11-25T12:00:00Z'),
    })
    expect(refused).toEqual([])
    expect(files[0]!.waivers).toMatchObject([
      {
        vulnerability: 'CVE-2026-1001',
        owner: 'Ada',
        approver: 'Ada',
        reason: approval.reason,
        expires: '2026-12-02T00:00:00.000Z',
      },
    ])
    expect(at.events.at(-1)).toEqual({
      type: 'approved',
      id: idOf('app'),
      reviewer: 'Ada',
      expires: '2026-12-02T00:00:00.000Z',
    })
    const page = await (await client.get(`/entries/${idOf('app')}`)).text()
    expect(page).toContain('Approved until 2026-12-02T00:00:00.000Z')
    // It is said once.
    expect(await (await client.get(`/entries/${idOf('app')}`)).text()).not.toContain(
      'Promote the image again',
    )
  })

  it('that comes twice is given once', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app', 'approve')), ...approval }
    const path = `/entries/${idOf('app')}/approve`
    const statuses = await Promise.all([client.post(path, fields), client.post(path, fields)])
    expect(statuses.map(({ status }) => status)).toEqual([303, 303])
    expect((await client.post(path, fields)).status).toBe(303)
    expect(at.events.filter(({ type }) => type === 'approved')).toHaveLength(1)
  })

  it.each([
    ['a short reason', { reason: 'because' }],
    ['a reason of spaces', { reason: '            ' }],
    ['a reason without end', { reason: 'x'.repeat(2001) }],
    ['no end', { expires: '' }],
    ['an end that has passed', { expires: '2026-11-24' }],
    ['an end beyond what the tier allows', { expires: '2026-12-26' }],
    ['a day that is none', { expires: '2026-02-30' }],
    ['another scope', { scope: 'registry' }],
  ])('is not given with %s, and the form keeps what was filled in', async (_, change) => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app', 'approve')), ...approval, ...change }
    const answer = await client.post(`/entries/${idOf('app')}/approve`, fields)
    expect(answer.status).toBe(422)
    const text = await answer.text()
    expect(text).toMatch(/role="alert"/)
    if (fields.reason.length < 100) expect(text).toContain(fields.reason.trim())
    expect(await stateOf()).toBe('open')
  })

  it.each([
    ['what could not be judged', recordOf('broken', { verdict: 'error' }), 'A waiver does not help'],
    ['a tier that the policy does not have', recordOf('broken', { tier: 'other' }), 'no tier other'],
  ])('is not offered, nor taken, for %s', async (_, record, why) => {
    await at.quarantine.put(record)
    const client = openClient(at.console)
    await client.signIn()
    const page = await (await client.get(`/entries/${record.id}`)).text()
    expect(page).toContain(why)
    expect(page).not.toContain('/approve"')
    const fields = { ...(await client.fieldsOf('broken')), ...approval }
    expect((await client.post(`/entries/${record.id}/approve`, fields)).status).toBe(422)
    expect(await stateOf('broken')).toBe('open')
  })

  it('may be for less than a day, where no more is allowed', async () => {
    const terms = () => ({ allowed: true, maxLifetimeMs: 3_600_000 })
    await using short = openConsole({
      approval: { signer: keySigner(generateSigningKey().privateKey), terms },
    })
    await short.quarantine.put(recordOf('app'))
    const client = openClient(short.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app', 'approve')), ...approval }
    const approve = (expires: string) =>
      client.post(`/entries/${idOf('app')}/approve`, { ...fields, expires })
    expect((await approve('2026-11-25')).status).toBe(422)
    expect((await approve('2026-11-25T13:00:00.001Z')).status).toBe(422)
    expect((await approve('2026-11-25T13:00:00.000Z')).status).toBe(303)
  })

  it('is not given by a console without a key', async () => {
    await using readOnly = openConsole({ approval: undefined })
    await readOnly.quarantine.put(recordOf('app'))
    const client = openClient(readOnly.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app')), ...approval }
    expect((await client.post(`/entries/${idOf('app')}/approve`, fields)).status).toBe(422)
  })

  it('says how wide it is, and is not mistaken for one of another width', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app', 'approve')), ...approval }
    const path = `/entries/${idOf('app')}/approve`
    expect((await client.post(path, { ...fields, scope: 'repository' })).status).toBe(303)
    const narrow = await client.post(path, { ...fields, scope: 'digest' })
    expect(narrow.status).toBe(409)
    expect(await narrow.text()).toContain(
      'these package versions in every image of the repository: nothing calls',
    )
  })

  it('that ran out is not told to be one when its form comes again', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = {
      ...(await client.fieldsOf('app', 'approve')),
      ...approval,
      expires: '2026-11-25T13:00:00Z',
    }
    const path = `/entries/${idOf('app')}/approve`
    expect((await client.post(path, fields)).status).toBe(303)
    expect((await client.post(path, fields)).status).toBe(303)
    at.advance(3_600_000)
    const again = await client.post(path, fields)
    const page = await again.text()
    expect([again.status, page.includes('Promote the image again to let it through')]).toEqual([409, false])
    expect(page).not.toContain('passes while the approval lasts')
    expect(page).toContain('Promote it again: it is stopped anew, and can be approved anew.')
  })

  it.each([NaN, -1, Infinity])('is not given where the longest time is %d', async (maxLifetimeMs) => {
    const signer = keySigner(generateSigningKey().privateKey)
    await using odd = openConsole({ approval: { signer, terms: () => ({ allowed: true, maxLifetimeMs }) } })
    await odd.quarantine.put(recordOf('app'))
    const client = openClient(odd.console)
    await client.signIn()
    const fields = {
      ...(await client.fieldsOf('app', 'reject')),
      ...approval,
      expires: '2026-11-25T13:00:00Z',
    }
    await client.post(`/entries/${idOf('app')}/approve`, fields)
    expect(await odd.quarantine.get(idOf('app'))).toMatchObject({ status: { state: 'open' } })
  })

  it('that ran out is not shown as one', async () => {
    const client = openClient(at.console)
    await client.signIn()
    await client.post(`/entries/${idOf('app')}/approve`, {
      ...(await client.fieldsOf('app', 'approve')),
      ...approval,
    })
    at.advance(7 * 86_400_000)
    await client.signIn()
    for (const path of ['/?state=approved', `/entries/${idOf('app')}`]) {
      const text = await (await client.get(path)).text()
      expect(text).toContain('Approval ran out')
      expect(text).not.toContain('badge is-approved')
    }
  })

  it('is refused by a key service that fails, and nothing is changed or told', async () => {
    const signer = () => Promise.reject(new Error('secret=hunter2'))
    await using broken = openConsole({ approval: { signer, terms: () => ({ allowed: true }) } })
    await broken.quarantine.put(recordOf('app'))
    const client = openClient(broken.console)
    await client.signIn()
    const fields = { ...(await client.fieldsOf('app', 'approve')), ...approval }
    const answer = await client.post(`/entries/${idOf('app')}/approve`, fields)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('hunter2')
    expect(await broken.quarantine.get(idOf('app'))).toMatchObject({ status: { state: 'open' } })
  })
})

describe('the page of an entry', () => {
  const put = async (change: Partial<QuarantineRecord>) => {
    const record = { ...recordOf('many'), ...change }
    await at.quarantine.put(record)
    const client = openClient(at.console)
    await client.signIn()
    return (await client.get(`/entries/${record.id}`)).text()
  }
  const [finding] = recordOf('many').findings as [QuarantinedFinding]

  it('names the worst severity, also where something less severe is exploited and stands first', async () => {
    const page = await put({
      findings: [
        { ...finding, id: 'CVE-2026-1', severity: 'low', kev: true },
        { ...finding, id: 'CVE-2026-2', severity: 'critical', kev: false },
      ],
    })
    expect(/<header[^]*<\/header>/.exec(page)![0]).toContain(
      '<span class="badge is-critical">critical</span>',
    )
    expect(page).toContain('class="card package is-critical"')
  })

  it('shows each finding that an approval would cover, however many there are', async () => {
    const ids = Array.from({ length: 60 }, (_, at) => `CVE-2026-${1000 + at}`)
    const page = await put({
      findings: ids.map((id, at) => ({ ...finding, id, purl: `pkg:deb/debian/p${at}@1` })),
    })
    expect(ids.filter((id) => !page.includes(`<strong>${id}</strong>`))).toEqual([])
  })
})

describe('what changed meanwhile', () => {
  const decide = async (
    client: ReturnType<typeof openClient>,
    action: 'approve' | 'reject',
    fields: object,
  ) => client.post(`/entries/${idOf('app')}/${action}`, { ...fields } as Record<string, string>)

  it.each(['approve', 'reject'] as const)(
    'by an approval of another is told, and not replaced by %s',
    async (action) => {
      const [ada, ben] = [openClient(at.console), openClient(at.console)]
      await ada.signIn('Ada')
      await ben.signIn('Ben')
      const seen = await ben.fieldsOf('app', action)
      await decide(ada, 'approve', { ...(await ada.fieldsOf('app', 'approve')), ...approval })
      const extra = action === 'approve' ? approval : { reason: 'build it anew' }
      const answer = await decide(ben, action, { ...seen, ...extra })
      expect(answer.status).toBe(409)
      const text = await answer.text()
      expect(text).toContain('It changed while you looked at it')
      expect(text).toContain('<strong>Ada</strong> approved it')
      expect(await at.quarantine.get(idOf('app'))).toMatchObject({
        status: { state: 'approved', approver: 'Ada' },
      })
      // Now that he has seen it, he may take it back.
      const taken = await decide(ben, 'reject', {
        ...(await ben.fieldsOf('app')),
        reason: 'it is called after all',
      })
      expect(taken.status).toBe(303)
      expect(await at.quarantine.get(idOf('app'))).toMatchObject({ status: { state: 'rejected', by: 'Ben' } })
    },
  )

  it('in what stopped it is told, also by a store that replaces records', async () => {
    const { get } = at.quarantine
    let isReplaced = false
    await using replacing = openConsole({
      quarantine: {
        ...at.quarantine,
        async get(id) {
          const entry = await get(id)
          if (!entry || !isReplaced) return entry
          const { findings } = recordOf('app')
          const more = [...findings, { ...findings[0]!, id: 'CVE-2026-9999' }]
          return { ...entry, record: { ...entry.record, findings: more } }
        },
      },
    })
    const own = openClient(replacing.console)
    await own.signIn()
    for (const action of ['approve', 'reject'] as const) {
      isReplaced = false
      const fields = { ...(await own.fieldsOf('app', action)), reason: approval.reason }
      isReplaced = true
      const { expires, scope } = approval
      const all = action === 'approve' ? { ...fields, expires, scope } : fields
      const answer = await own.post(`/entries/${idOf('app')}/${action}`, all)
      expect([answer.status, await stateOf()]).toEqual([409, 'open'])
      expect(await answer.text()).toContain('CVE-2026-9999')
    }
  })

  it('by a newer image is told', async () => {
    const client = openClient(at.console)
    await client.signIn()
    const fields = await client.fieldsOf('app', 'approve')
    const { source, destination, tier, sourceDigest } = recordOf('app')
    const newer = recordOf('newer').sourceDigest
    expect(sourceDigest).not.toBe(newer)
    await at.quarantine.supersede({
      source,
      destination,
      tier,
      sourceDigest: newer,
      resolvedAt: '2026-11-25T12:00:00.000Z',
    })
    const answer = await decide(client, 'approve', { ...fields, ...approval })
    expect([answer.status, await stateOf()]).toEqual([409, 'superseded'])
    expect(await answer.text()).toContain('Nothing is left to decide')
  })
})

describe('a store that fails', () => {
  it.each(['get', 'list', 'countStates', 'approve', 'reject'] as const)(
    'at %s is told, and nothing counts as approved',
    async (method) => {
      const { quarantine } = at
      const { GateError } = await import('../errors.ts')
      const broken = {
        ...quarantine,
        [method]: async () => {
          throw new GateError('JOURNAL_UNAVAILABLE', 'the password of the database is hunter2')
        },
      }
      await using failing = openConsole({
        quarantine: broken,
        clock: { now: () => new Date('2026-11-25T12:00:00Z') },
      })
      const client = openClient(failing.console)
      await client.signIn()
      const fields =
        method === 'get'
          ? { form: 'x', seen: 'y' }
          : await client.fieldsOf('app', method === 'approve' ? 'approve' : 'reject')
      const id = idOf('app')
      const answer =
        method === 'approve'
          ? await client.post(`/entries/${id}/approve`, { ...fields, ...approval })
          : method === 'reject'
            ? await client.post(`/entries/${id}/reject`, { ...fields, reason: 'no' })
            : await client.get(method === 'get' ? `/entries/${id}` : '/')
      const text = await answer.text()
      expect(answer.status).toBe(503)
      expect(text).toContain('JOURNAL_UNAVAILABLE')
      expect(text).not.toMatch(/hunter2|badge is-approved/)
      expect(await stateOf()).toBe('open')
    },
  )

  it('with a record that can not be shown is an error, not half a page', async () => {
    const broken = {
      ...at.quarantine,
      get: async () => ({ record: { id: idOf('app') }, status: { state: 'approved' } }) as never,
    }
    await using failing = openConsole({ quarantine: broken })
    const client = openClient(failing.console)
    await client.signIn()
    const answer = await client.get(`/entries/${idOf('app')}`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('badge is-approved')
  })
})

describe('promotions', () => {
  const key = recordOf('key').sourceDigest
  beforeEach(async () => {
    const { journal } = at
    const { sourceDigest } = recordOf('app')
    const place = {
      source: 'build.example/app:1',
      destination: 'prod.example/app:1',
      tier: 'prod',
      sourceDigest,
    }
    await journal.begin({ ...place, key, policyDigest: sourceDigest, startedAt: '2026-11-25T11:00:00.000Z' })
    await journal.saveStep(key, 1, {
      name: 'resolve',
      output: null,
      summary: 'one digest',
      at: '2026-11-25T11:00:01.000Z',
    })
  })

  it.each([
    ['/promotions', 200, 'Not ended'],
    ['/promotions?result=unfinished', 200, 'prod.example/app:1'],
    ['/promotions?result=pass', 200, 'None.'],
    ['/promotions?result=good', 400, ''],
    [`/promotions/${key.slice(7)}`, 200, 'one digest'],
    [`/promotions/${'0'.repeat(64)}`, 404, ''],
    [`/entries/${idOf('app')}`, 200, 'Promotions to this place'],
  ])('are at %s', async (path, status, text) => {
    const client = openClient(at.console)
    await client.signIn()
    const answer = await client.get(path)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(text)
  })

  it('are not there without a journal', async () => {
    await using without = openConsole({ journal: undefined })
    const client = openClient(without.console)
    await client.signIn()
    expect((await client.get('/promotions')).status).toBe(404)
    expect(await (await client.get('/')).text()).not.toContain('Promotions')
  })
})
