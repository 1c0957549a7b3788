import { describe, expect, it } from 'vitest'
import type { AdmissionPolicyDocument } from '../policy/policy-document.ts'
import { digestAt, openAdmission, policyOf, prodRule, someDigest } from '../testing/known-images.fixture.ts'
import { createResponseCheck } from '../testing/response-schema.fixture.ts'
import { objectOf, patchIn, podSpec, reviewOf } from '../testing/review.fixture.ts'

const isValid = createResponseCheck()
const web = 'reg.example/shop/web:1'
const bad = 'reg.example/shop/bad:1'
const down = 'reg.example/shop/down:1'
const gone = 'reg.example/shop/gone:1'
const pod = (...images: unknown[]) => objectOf('Pod', podSpec(...images))
const create = (image: unknown, request: Record<string, unknown> = {}) => reviewOf('Pod', pod(image), request)
const update = (before: unknown, now: unknown, request: Record<string, unknown> = {}) =>
  reviewOf('Pod', now, { operation: 'UPDATE', oldObject: before, ...request })
const deleting = (object: object) => ({ ...object, metadata: { deletionTimestamp: '2026-11-26T12:00:00Z' } })
const custom = (kind: string, object: unknown, group = 'argoproj.io') =>
  reviewOf(kind, object, { kind: { group, version: 'v1alpha1', kind } })
const rollout = (image: string) => ({ spec: { template: { spec: podSpec(image) } } })

/** What differs from the policy that asks all images for a decision. */
type Policy = Partial<AdmissionPolicyDocument>

interface Expected {
  readonly allowed: boolean
  /** Reason that the message or the annotations name. */
  readonly reason?: string
  readonly outcome?: string
  readonly skipped?: string
  readonly code?: number
  readonly warning?: string
  /** What the first image becomes. */
  readonly pinned?: string
}

const yes = (rest: Partial<Expected> = {}): Expected => ({ allowed: true, ...rest })
const no = (reason: string, rest: Partial<Expected> = {}): Expected => ({ allowed: false, reason, ...rest })
const pin = (full: string): Expected => yes({ pinned: `${full}@${digestAt(full)}`, outcome: 'allow' })

const isExempt: Policy = {
  exemptions: [
    { name: 'system', namespaces: ['kube-system', 'sallyport-*'], reason: 'the cluster itself' },
    { name: 'pause', namespaces: ['prod'], images: ['registry.k8s.io/pause'], reason: 'of the runtime' },
  ],
}
const modes = (mode: 'audit' | 'warn'): Policy => ({ rules: [{ ...prodRule, mode }] })
const rulesBy = (match: NonNullable<(typeof prodRule)['match']>): Policy => ({
  rules: [{ ...prodRule, match }],
})
const trusted: Policy = { rules: [{ ...prodRule, registries: ['reg.example/shop', 'mirror.example:5000'] }] }

const cases: readonly [string, unknown, Expected, Policy?][] = [
  // Names, as Kubernetes reads them.
  ['a short name is one of Docker Hub', create('nginx'), pin('docker.io/library/nginx:latest')],
  ['a short name with a tag', create('nginx:1.27'), pin('docker.io/library/nginx:1.27')],
  ['a name with a path and no registry', create('grafana/loki:3'), pin('docker.io/grafana/loki:3')],
  ['docker.io without library', create('docker.io/nginx:1'), pin('docker.io/library/nginx:1')],
  ['index.docker.io', create('index.docker.io/library/nginx:1'), pin('docker.io/library/nginx:1')],
  ['localhost', create('localhost/app:1'), pin('localhost/app:1')],
  ['localhost with a port', create('localhost:5000/app:1'), pin('localhost:5000/app:1')],
  ['a host by its port alone', create('build:5000/app:1'), pin('build:5000/app:1')],
  ['an IPv4 address', create('10.0.0.7/app:1'), pin('10.0.0.7/app:1')],
  ['an IPv6 address', create('[2001:db8::5]:5000/app:1'), pin('[2001:db8::5]:5000/app:1')],
  ['a registry without a tag', create('reg.example/shop/web'), pin('reg.example/shop/web:latest')],
  ['a host in capitals is the same host', create('REG.example/shop/web:1'), pin(web)],
  ['a deep path', create('reg.example/a/b/c/d/e:1'), pin('reg.example/a/b/c/d/e:1')],
  [
    'separators that are allowed',
    create('reg.example/a__b/c-d.e_f:V1.0_x-y'),
    pin('reg.example/a__b/c-d.e_f:V1.0_x-y'),
  ],
  ['a digest', create(`reg.example/shop/web@${someDigest}`), yes({ outcome: 'allow' })],
  [
    'a tag and a digest: the digest counts',
    create(`reg.example/shop/web:old@${someDigest}`),
    yes({ outcome: 'allow' }),
  ],
  ['a short name with a digest', create(`nginx@${someDigest}`), yes({ outcome: 'allow' })],
  // Names that are none.
  ['capitals in the path', create('reg.example/Shop/web:1'), no('reference-invalid')],
  ['white space', create(' reg.example/shop/web:1'), no('reference-invalid')],
  ['a line break', create('reg.example/shop/web:1\nreg.example/shop/web:2'), no('reference-invalid')],
  ['a scheme', create('https://reg.example/shop/web:1'), no('reference-invalid')],
  ['an image id', create('a'.repeat(64)), no('reference-invalid')],
  ['an empty tag', create('reg.example/shop/web:'), no('reference-invalid')],
  ['a tag that is too long', create(`reg.example/shop/web:${'a'.repeat(129)}`), no('reference-invalid')],
  ['a digest that is cut', create('reg.example/shop/web@sha256:abc'), no('reference-invalid')],
  [
    'a digest in capitals',
    create(`reg.example/shop/web@${someDigest.toUpperCase()}`),
    no('reference-invalid'),
  ],
  ['an unknown algorithm', create(`reg.example/shop/web@md5:${'a'.repeat(32)}`), no('reference-invalid')],
  ['two digests', create(`reg.example/shop/web@${someDigest}@${someDigest}`), no('reference-invalid')],
  ['a path upwards', create('reg.example/../../etc:1'), no('reference-invalid')],
  ['credentials', create('user:hunter22@reg.example/shop/web:1'), no('reference-invalid')],
  ['a very long name', create(`reg.example/${'a'.repeat(5_000)}:1`), no('reference-invalid')],
  ['letters that only look like others', create('reg.example/shop/wеb:1'), no('reference-invalid')],
  ['a right-to-left mark', create('reg.example/shop/\u202eweb:1'), no('reference-invalid')],
  // Objects that are none.
  ['a number for an image', create(7), no('object-invalid')],
  ['a list for an image', create([web]), no('object-invalid')],
  ['no image yet', create(undefined), yes({ skipped: 'it names no image' })],
  ['an empty image', create(''), yes({ skipped: 'it names no image' })],
  [
    'containers that are no list',
    reviewOf('Pod', objectOf('Pod', { containers: { '0': { image: bad } } })),
    no('object-invalid'),
  ],
  [
    'a container that is a text',
    reviewOf('Pod', objectOf('Pod', { containers: [bad] })),
    no('object-invalid'),
  ],
  [
    'an image volume that is a text',
    reviewOf('Pod', objectOf('Pod', { ...podSpec(web), volumes: [{ name: 'v', image: bad }] })),
    no('object-invalid'),
  ],
  [
    'a reference that is an object',
    reviewOf('Pod', objectOf('Pod', { ...podSpec(web), volumes: [{ name: 'v', image: { reference: {} } }] })),
    no('object-invalid'),
  ],
  [
    'an image volume without a reference',
    reviewOf('Pod', objectOf('Pod', { ...podSpec(web), volumes: [{ name: 'v', image: {} }] })),
    pin(web),
  ],
  [
    'too many containers',
    reviewOf(
      'Pod',
      objectOf('Pod', {
        containers: Array.from({ length: 10_001 }, (_, n) => ({ name: `c${n}`, image: web })),
      }),
    ),
    no('object-invalid'),
  ],
  [
    'too many different images',
    reviewOf('Pod', pod(...Array.from({ length: 501 }, (_, n) => `reg.example/shop/web:${n}`))),
    no('too-many-images'),
  ],
  ['many containers of one image', reviewOf('Pod', pod(...Array.from({ length: 3_000 }, () => web))), yes()],
  // What is asked for.
  [
    'one bad image among good ones',
    reviewOf('Pod', pod(web, bad, 'nginx')),
    no('decision-missing', { code: 403 }),
  ],
  ['an image that is not there', create(gone), no('image-not-found', { code: 403 })],
  ['a registry that does not answer', create(down), no('registry-unreachable', { code: 503 })],
  [
    'a registry that does not answer, for a digest',
    create(`reg.example/shop/down@${someDigest}`),
    no('registry-unreachable', { code: 503 }),
  ],
  [
    'a refusal and a failure: the refusal',
    reviewOf('Pod', pod(bad, down)),
    no('decision-missing', { code: 403 }),
  ],
  [
    'a verdict in annotations of the object',
    reviewOf('Pod', {
      ...pod(bad),
      metadata: {
        annotations: { 'kyverno.io/verify-images': `{"${bad}":"pass"}`, verdict: 'allow' },
        labels: { verified: 'true' },
      },
    }),
    no('decision-missing'),
  ],
  // What brings no image.
  [
    'DELETE',
    reviewOf('Pod', null, { operation: 'DELETE', oldObject: pod(bad) }),
    yes({ outcome: 'skipped' }),
  ],
  [
    'CONNECT to a shell',
    reviewOf(
      'Pod',
      { kind: 'PodExecOptions', command: ['sh'] },
      { operation: 'CONNECT', subResource: 'exec' },
    ),
    yes({ outcome: 'skipped' }),
  ],
  ['the status', update(pod(web), pod(bad), { subResource: 'status' }), yes({ outcome: 'skipped' })],
  [
    'a scale',
    reviewOf(
      'Scale',
      { spec: { replicas: 0 } },
      {
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        subResource: 'scale',
        operation: 'UPDATE',
      },
    ),
    yes({ outcome: 'skipped' }),
  ],
  [
    'a binding',
    reviewOf('Binding', { target: { name: 'node-1' } }, { subResource: 'binding' }),
    yes({ outcome: 'skipped' }),
  ],
  [
    'an eviction',
    reviewOf(
      'Eviction',
      {},
      { kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, subResource: 'eviction' },
    ),
    yes({ outcome: 'skipped' }),
  ],
  [
    'a resize that changes no image',
    update(pod(bad), pod(bad), { subResource: 'resize' }),
    yes({ skipped: 'no image is new' }),
  ],
  [
    'a resize that hides an image',
    update(pod(web), pod(bad), { subResource: 'resize' }),
    no('decision-missing'),
  ],
  [
    'an unknown subresource that hides an image',
    update(pod(web), pod(bad), { subResource: 'more' }),
    no('decision-missing'),
  ],
  [
    'a namespace',
    reviewOf('Namespace', { metadata: { labels: { a: 'b' } } }, { operation: 'UPDATE', namespace: 'prod' }),
    yes({ outcome: 'skipped' }),
  ],
  ['a config map', reviewOf('ConfigMap', { data: { image: bad } }), yes({ outcome: 'skipped' })],
  [
    'a replication controller without a template',
    reviewOf('ReplicationController', { spec: { replicas: 1 } }),
    yes({ outcome: 'skipped' }),
  ],
  // What is being deleted.
  [
    'a finalizer that is removed',
    update(deleting(pod(bad)), deleting(pod(bad))),
    yes({ skipped: 'the object is being deleted' }),
  ],
  [
    'a creation that says that it is being deleted',
    reviewOf('Pod', deleting(pod(bad))),
    no('decision-missing'),
  ],
  ['an update that says so and is not', update(pod(web), deleting(pod(bad))), no('decision-missing')],
  // Updates.
  ['an old object that is missing', update(null, pod(bad)), no('decision-missing')],
  ['an old object that is no Pod', update({ spec: 7 }, pod(bad)), no('decision-missing')],
  ['the image of another container', update(pod(bad, web), pod(web, bad)), no('decision-missing')],
  ['a container that is added', update(pod(web), pod(web, bad)), no('decision-missing')],
  ['a container that is removed', update(pod(web, bad), pod(web)), yes({ skipped: 'no image is new' })],
  [
    'a container that moves to another place',
    update(
      objectOf('Pod', {
        containers: [
          { name: 'a', image: bad },
          { name: 'b', image: web },
        ],
      }),
      objectOf('Pod', {
        containers: [
          { name: 'b', image: web },
          { name: 'a', image: bad },
        ],
      }),
    ),
    yes({ skipped: 'no image is new' }),
  ],
  [
    'a container that becomes an init container',
    update(pod(bad), objectOf('Pod', { initContainers: podSpec(bad)['containers'], containers: [] })),
    no('decision-missing'),
  ],
  [
    'two containers of one name',
    update(
      objectOf('Pod', {
        containers: [
          { name: 'a', image: bad },
          { name: 'a', image: web },
        ],
      }),
      objectOf('Pod', {
        containers: [
          { name: 'a', image: bad },
          { name: 'a', image: bad },
        ],
      }),
    ),
    no('decision-missing'),
  ],
  [
    'a scale to nothing of an image that is not promoted',
    reviewOf('Deployment', objectOf('Deployment', podSpec(bad)), {
      operation: 'UPDATE',
      oldObject: objectOf('Deployment', podSpec(bad)),
    }),
    yes({ skipped: 'no image is new' }),
  ],
  [
    'a debug container that is promoted',
    update(pod(bad), objectOf('Pod', { ...podSpec(bad), ephemeralContainers: [{ name: 'd', image: web }] }), {
      subResource: 'ephemeralcontainers',
    }),
    pin(web),
  ],
  [
    'a debug container that is not',
    update(pod(web), objectOf('Pod', { ...podSpec(web), ephemeralContainers: [{ name: 'd', image: bad }] }), {
      subResource: 'ephemeralcontainers',
    }),
    no('decision-missing'),
  ],
  [
    'debug containers of old clusters',
    reviewOf(
      'EphemeralContainers',
      { ephemeralContainers: [{ name: 'd', image: bad }] },
      { subResource: 'ephemeralcontainers', operation: 'UPDATE' },
    ),
    no('decision-missing'),
  ],
  [
    'an old digest beside a tag that is changed',
    update(pod(`${web}@${someDigest}`), pod(`reg.example/shop/bad:2@${someDigest}`)),
    no('decision-missing'),
  ],
  // Versions and kinds.
  [
    'a kind in another version',
    reviewOf('Deployment', objectOf('Deployment', podSpec(bad)), {
      kind: { group: 'apps', version: 'v1beta2', kind: 'Deployment' },
    }),
    no('decision-missing'),
  ],
  [
    'a deployment of extensions',
    reviewOf('Deployment', objectOf('Deployment', podSpec(bad)), {
      kind: { group: 'extensions', version: 'v1beta1', kind: 'Deployment' },
    }),
    no('decision-missing'),
  ],
  [
    'asked for in another version',
    reviewOf('Deployment', objectOf('Deployment', podSpec(web)), {
      requestKind: { group: 'extensions', version: 'v1beta1', kind: 'Deployment' },
    }),
    pin(web),
  ],
  ['a custom resource with a Pod where it is usual', custom('Rollout', rollout(bad)), no('decision-missing')],
  ['a custom resource that passes', custom('Rollout', rollout(web)), pin(web)],
  [
    'a custom resource without a Pod',
    custom('Workflow', { spec: { templates: [{ container: { image: bad } }] } }),
    no('kind-unknown'),
  ],
  [
    'a custom resource without a Pod, by policy',
    custom('Workflow', { spec: {} }),
    yes({ outcome: 'skipped' }),
    { unknownKinds: 'allow' },
  ],
  [
    'a custom resource whose Pod the policy names',
    custom('Runner', { spec: { pod: podSpec(bad) } }),
    no('decision-missing'),
    { kinds: [{ group: 'argoproj.io', kind: 'Runner', podSpec: 'spec.pod' }] },
  ],
  [
    'the same without that Pod',
    custom('Runner', { spec: { other: podSpec(bad) } }),
    no('object-invalid'),
    { kinds: [{ group: 'argoproj.io', kind: 'Runner', podSpec: 'spec.pod' }] },
  ],
  ['a list of Pods, whose items nobody reads', reviewOf('List', { items: [pod(bad)] }), no('kind-unknown')],
  ['a list by its kind', reviewOf('PodList', { items: [pod(bad)] }), no('kind-unknown')],
  ['a Pod of another group', custom('Pod', pod(web)), no('kind-unknown')],
  [
    'a custom resource in an exempt namespace',
    custom('Workflow', { spec: {} }),
    no('kind-unknown'),
    isExempt,
  ],
  // Exemptions.
  [
    'an exempt namespace',
    create(bad, { namespace: 'kube-system' }),
    yes({ outcome: 'exempt', reason: 'exempt' }),
    isExempt,
  ],
  [
    'an exempt namespace by pattern',
    create(bad, { namespace: 'sallyport-system' }),
    yes({ outcome: 'exempt' }),
    isExempt,
  ],
  [
    'a namespace that looks exempt',
    create(bad, { namespace: 'kube-system-2' }),
    no('decision-missing'),
    isExempt,
  ],
  [
    'a namespace in the object that is exempt',
    reviewOf('Pod', { ...pod(bad), metadata: { namespace: 'kube-system' } }),
    no('decision-missing'),
    isExempt,
  ],
  ['no namespace', create(bad, { namespace: undefined }), no('decision-missing'), isExempt],
  [
    'an image that is exempt here',
    create('registry.k8s.io/pause:3.10'),
    yes({ outcome: 'exempt' }),
    isExempt,
  ],
  [
    'an image that is exempt elsewhere',
    create('registry.k8s.io/pause:3.10', { namespace: 'bad' }),
    pin('registry.k8s.io/pause:3.10'),
    isExempt,
  ],
  [
    'an exempt image beside one that is not',
    reviewOf('Pod', pod('registry.k8s.io/pause:3.10', bad)),
    no('decision-missing'),
    isExempt,
  ],
  [
    'what can not be read in an exempt namespace',
    reviewOf('Pod', 7, { namespace: 'kube-system' }),
    yes({ outcome: 'exempt' }),
    isExempt,
  ],
  [
    'no reference in an exempt namespace',
    create('NOT ONE', { namespace: 'kube-system' }),
    yes({ outcome: 'exempt' }),
    isExempt,
  ],
  // Modes.
  [
    'a refusal that is only audited',
    create(bad),
    yes({ outcome: 'deny', reason: 'decision-missing' }),
    modes('audit'),
  ],
  [
    'a refusal that warns',
    create(bad),
    yes({ outcome: 'deny', warning: 'prod: decision-missing' }),
    modes('warn'),
  ],
  [
    'a failure that is only audited',
    create(down),
    yes({ outcome: 'error', reason: 'registry-unreachable' }),
    modes('audit'),
  ],
  [
    'a failure that warns',
    create(down),
    yes({ outcome: 'error', warning: 'registry-unreachable' }),
    modes('warn'),
  ],
  ['a pass that would warn', create(web), pin(web), modes('warn')],
  ['a broken reference, whatever the mode', create('NOT ONE'), no('reference-invalid'), modes('audit')],
  // Errors and matches.
  [
    'a failure where errors are let in',
    create(down),
    yes({ outcome: 'error', reason: 'registry-unreachable' }),
    { onError: 'allow' },
  ],
  ['a refusal where errors are let in', create(bad), no('decision-missing'), { onError: 'allow' }],
  [
    'an image that is not there where errors are let in',
    create(gone),
    no('image-not-found'),
    { onError: 'allow' },
  ],
  [
    'a failure where the rule keeps errors out',
    create(down),
    no('registry-unreachable'),
    { onError: 'allow', rules: [{ ...prodRule, onError: 'deny' }] },
  ],
  [
    'no rule',
    create(web, { namespace: 'dev' }),
    no('no-rule', { code: 403 }),
    rulesBy({ namespaces: ['prod'] }),
  ],
  [
    'no rule, let in',
    create(bad, { namespace: 'dev' }),
    yes({ outcome: 'error', reason: 'no-rule' }),
    { ...rulesBy({ namespaces: ['prod'] }), noMatch: 'allow' },
  ],
  [
    'a namespace by pattern',
    create(bad, { namespace: 'prod-eu' }),
    no('decision-missing'),
    { ...rulesBy({ namespaces: ['prod-*'] }), noMatch: 'allow' },
  ],
  [
    'an image by pattern',
    create(bad),
    no('decision-missing'),
    { ...rulesBy({ images: ['reg.example/shop/*'] }), noMatch: 'allow' },
  ],
  [
    'a host in capitals does not escape the pattern',
    create('Reg.Example/shop/bad:1'),
    no('decision-missing'),
    { ...rulesBy({ images: ['reg.example/shop/*'] }), noMatch: 'allow' },
  ],
  [
    'the port of HTTPS does not escape the pattern',
    create('reg.example:443/shop/bad:1'),
    no('decision-missing'),
    { ...rulesBy({ images: ['reg.example/shop/*'] }), noMatch: 'allow' },
  ],
  [
    'the short name does not escape the pattern',
    create('bad'),
    no('decision-missing'),
    { ...rulesBy({ images: ['docker.io/*'] }), noMatch: 'allow' },
  ],
  ...[
    'Docker.io/bad:1',
    'Index.Docker.IO/bad:1',
    'index.docker.io/bad:1',
    'docker.io:443/library/bad',
    'docker.io:0443/library/bad',
  ].map((image): (typeof cases)[number] => [
    `${image} does not escape the pattern`,
    create(image),
    no('decision-missing'),
    { ...rulesBy({ images: ['docker.io/library/*'] }), noMatch: 'allow' },
  ]),
  ...[
    ['REG.example/shop/*', bad],
    ['reg.example:443/shop/*', bad],
    ['reg.example:0443/shop/bad', bad],
    ['docker.io/bad', 'bad'],
    ['index.docker.io/bad', 'bad'],
    ['Docker.io/*', 'bad'],
  ].map(([pattern = '', image]): (typeof cases)[number] => [
    `a pattern written as ${pattern} is about ${image}`,
    create(image),
    no('decision-missing'),
    { ...rulesBy({ images: [pattern] }), noMatch: 'allow' },
  ]),
  ['a host that is one only by its capitals', create('Team/app:1'), no('reference-invalid')],
  ['a port with zeros before it', create('reg.example:05000/app:1'), pin('reg.example:5000/app:1')],
  [
    'labels of the object',
    reviewOf('Deployment', objectOf('Deployment', podSpec(bad), { tier: 'web' })),
    no('decision-missing'),
    { ...rulesBy({ objectLabels: { tier: 'web' } }), noMatch: 'allow' },
  ],
  [
    'other labels of the object',
    reviewOf('Deployment', objectOf('Deployment', podSpec(bad), { tier: 'db' })),
    yes({ reason: 'no-rule' }),
    { ...rulesBy({ objectLabels: { tier: 'web' } }), noMatch: 'allow' },
  ],
  [
    'labels of the namespace that nobody knows',
    create(web),
    no('namespace-labels-unknown', { code: 503 }),
    rulesBy({ namespaceLabels: { env: 'prod' } }),
  ],
  [
    'an exception',
    create(bad, { namespace: 'prod-test' }),
    no('no-rule'),
    { rules: [{ ...prodRule, except: { namespaces: ['*-test'] } }] },
  ],
  [
    'two rules, of which one is not met',
    create(bad),
    no('decision-missing'),
    { rules: [{ ...prodRule, name: 'audit', mode: 'audit' }, prodRule] },
  ],
  // Registries.
  [
    'a registry that is trusted',
    create('mirror.example:5000/any/web:1'),
    pin('mirror.example:5000/any/web:1'),
    trusted,
  ],
  ['a path that is trusted', create(web), pin(web), trusted],
  [
    'a path that only starts alike',
    create('reg.example/shopping/web:1'),
    no('registry-not-trusted'),
    trusted,
  ],
  [
    'a host that only starts alike',
    create('reg.example.evil.example/shop/web:1'),
    no('registry-not-trusted'),
    trusted,
  ],
  ...['REG.example/shop', 'reg.example:443', 'docker.io/bad'].map((place): (typeof cases)[number] => [
    `a registry written as ${place}`,
    create(place === 'docker.io/bad' ? bad.slice(-5) : bad),
    no('decision-missing'),
    { rules: [{ ...prodRule, registries: [place] }] },
  ]),
  ['the host without its port', create('mirror.example/any/web:1'), no('registry-not-trusted'), trusted],
  ['Docker Hub where it is not trusted', create('nginx'), no('registry-not-trusted'), trusted],
  // Dry run.
  ['a dry run of what passes', create(web, { dryRun: true }), pin(web)],
  ['a dry run of what does not', create(bad, { dryRun: true }), no('decision-missing')],
]

describe('decideReview', () => {
  it('has a hundred cases and more', () => expect(cases.length).toBeGreaterThan(100))

  it.each(cases)('%s', async (_title, review, expected, policy = {}) => {
    const { admission } = openAdmission({ policy: policyOf(policy.rules ?? [prodRule], policy) })
    const answer = await admission.decideReview(review, { phase: 'mutate' })
    expect(isValid(answer), JSON.stringify(isValid.errors)).toBe(true)
    const { response } = answer
    const { allowed, reason, outcome, skipped, code, warning, pinned } = expected
    expect(response.allowed, response.status?.message).toBe(allowed)
    if (reason !== undefined)
      expect(`${response.status?.message} ${response.auditAnnotations?.['images']}`).toContain(reason)
    if (outcome !== undefined) expect(response.auditAnnotations?.['outcome']).toBe(outcome)
    if (skipped !== undefined) expect(response.auditAnnotations?.['skipped']).toBe(skipped)
    if (code !== undefined) expect(response.status?.code).toBe(code)
    if (warning !== undefined) expect(response.warnings?.join()).toContain(warning)
    expect(patchIn(answer)[0]?.value).toBe(pinned ?? patchIn(answer)[0]?.value)
    if (!allowed || outcome === 'exempt' || skipped !== undefined) expect(patchIn(answer)).toEqual([])
    if (pinned !== undefined) expect(patchIn(answer)).toHaveLength(1)
  })

  it('says nothing of a password that stands in a reference', async () => {
    const { admission } = openAdmission()
    const answer = await admission.decideReview(create('user:hunter22@reg.example/shop/web:1'), {
      phase: 'mutate',
    })
    expect(JSON.stringify(answer)).not.toContain('hunter22')
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a response', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: {} }],
    ['v1beta1', { ...create(web), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['no uid', create(web, { uid: '' })],
    ['an unknown operation', create(web, { operation: 'PATCH' })],
    ['no kind', create(web, { kind: undefined })],
  ])('has no answer to %s', async (_title, review) => {
    const { admission } = openAdmission()
    await expect(admission.decideReview(review, { phase: 'mutate' })).rejects.toMatchObject({
      code: 'REVIEW_INVALID',
      status: 400,
    })
  })
})
