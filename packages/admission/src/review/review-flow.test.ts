// oxlint-disable typescript/no-explicit-any -- it looks into objects of many kinds
import { applyPatch, type Operation } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import type { Admission } from '../admission.ts'
import type { PullContext } from '../ports/cluster-view.ts'
import { digestAt, openAdmission, policyOf, prodRule } from '../testing/known-images.fixture.ts'
import { objectOf, patchIn, podSpec, reviewOf } from '../testing/review.fixture.ts'

const web = 'reg.example/shop/web:1'
const sidecar = 'reg.example/shop/sidecar:2'

/** What the API server does: mutate, patch, mutate what others changed, validate. Says what would be stored. */
async function admit(
  admission: Admission,
  kind: string,
  object: object,
  request: Record<string, unknown> = {},
): Promise<{ readonly allowed: boolean; readonly stored: any }> {
  const stored = structuredClone(object)
  for (let round = 0; round < 2; round++) {
    const answer = await admission.decideReview(reviewOf(kind, stored, request), { phase: 'mutate' })
    if (!answer.response.allowed) return { allowed: false, stored }
    const patch = patchIn(answer)
    if (round === 1) expect(patch).toEqual([])
    expect(applyPatch(stored, patch as Operation[])).toEqual(patch.map(() => null))
  }
  const { response } = await admission.decideReview(reviewOf(kind, stored, request), { phase: 'validate' })
  return { allowed: response.allowed, stored }
}

describe('from a Deployment to its Pods', () => {
  it('each tag is resolved once, and the Pod runs what was verified then', async () => {
    const { admission, images } = openAdmission()
    const spec = {
      ...podSpec(web),
      initContainers: [{ name: 'i', image: sidecar }],
      volumes: [{ name: 'v', image: { reference: web } }],
    }
    const deployment = await admit(admission, 'Deployment', objectOf('Deployment', spec))
    expect(deployment.allowed).toBe(true)
    // The tag moves to something else meanwhile.
    images.moved.set(web, digestAt('evil'))
    images.answer = (name) => (name.includes(':') ? 'pass' : 'fail')
    const template = deployment.stored.spec.template
    const pod = await admit(admission, 'Pod', {
      metadata: { ...template.metadata, generateName: 'web-' },
      spec: template.spec,
    })
    expect(pod).toMatchObject({ allowed: true, stored: { spec: template.spec } })
    expect(template.spec).toMatchObject({
      containers: [{ image: `${web}@${digestAt(web)}` }],
      initContainers: [{ image: `${sidecar}@${digestAt(sidecar)}` }],
      volumes: [{ image: { reference: `${web}@${digestAt(web)}` } }],
    })
    expect(images.resolved.filter((name) => name === web)).toHaveLength(1)
  })

  it('what an update leaves alone passes, and its Pods are judged all the same', async () => {
    const { admission, images } = openAdmission()
    const stored = objectOf('Deployment', podSpec('reg.example/shop/bad:1'))
    const update = { operation: 'UPDATE', oldObject: stored }
    expect(await admit(admission, 'Deployment', stored, update)).toMatchObject({ allowed: true })
    expect(images.verified).toEqual([])
    expect(await admit(admission, 'Pod', objectOf('Pod', podSpec('reg.example/shop/bad:1')))).toMatchObject({
      allowed: false,
    })
  })

  it('images that swap their containers are new there', async () => {
    const { admission, images } = openAdmission()
    const pin = (name: string) => `${name}@${digestAt(name)}`
    const before = objectOf('Deployment', podSpec(pin(web), pin(sidecar)))
    const after = objectOf('Deployment', podSpec(pin(sidecar), pin(web)))
    const update = { operation: 'UPDATE', oldObject: before }
    expect(await admit(admission, 'Deployment', after, update)).toMatchObject({ allowed: true })
    expect(images.verified).toHaveLength(2)
  })

  it('a mirror of a static Pod is judged as any other', async () => {
    const { admission } = openAdmission()
    const mirror = {
      ...objectOf('Pod', podSpec('reg.example/shop/bad:1')),
      metadata: {
        annotations: { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.source': 'file' },
      },
    }
    expect(await admit(admission, 'Pod', mirror)).toMatchObject({ allowed: false })
  })

  it('a tag that lies beside its digest changes nothing', async () => {
    const { admission, images } = openAdmission()
    const lying = `reg.example/shop/web:promoted@${digestAt('other')}`
    expect(await admit(admission, 'Pod', objectOf('Pod', podSpec(lying)))).toMatchObject({ allowed: true })
    expect(images.resolved).toEqual([])
    expect(images.verified).toEqual([`reg.example/shop/web@${digestAt('other')}`])
  })
})

describe('the cluster', () => {
  it('is asked once for each review, whatever it names', async () => {
    const asked: (string | PullContext)[] = []
    const cluster = {
      namespaceLabels: async (namespace: string) => {
        asked.push(namespace)
        return { env: 'prod' }
      },
      pullCredentials: async (context: PullContext) => {
        asked.push(context)
        return { scope: 'prod/pull@1', provider: { find: async () => undefined } }
      },
    }
    const match = { namespaceLabels: { env: 'prod' } }
    const rules = [prodRule, { ...prodRule, name: 'again', match }]
    const { admission } = openAdmission({ policy: policyOf(rules), cluster })
    const spec = {
      ...podSpec(web, sidecar, 'nginx'),
      serviceAccountName: 'web',
      imagePullSecrets: [{ name: 'pull' }],
    }
    const { response } = await admission.decideReview(reviewOf('Pod', objectOf('Pod', spec)), {
      phase: 'mutate',
    })
    expect(response.allowed).toBe(true)
    expect(asked).toEqual([
      'prod',
      { namespace: 'prod', serviceAccountName: 'web', imagePullSecrets: ['pull'] },
    ])
  })

  it('that does not answer, about labels or secrets, lets nothing in', async () => {
    const fails = async (): Promise<never> => {
      throw new Error('the API server is down')
    }
    const match = { namespaceLabels: { env: 'prod' } }
    for (const [rule, cluster, code] of [
      [{ ...prodRule, match }, { namespaceLabels: fails }, 'namespace-labels-unknown'],
      [prodRule, { pullCredentials: fails }, 'credentials-unreadable'],
    ] as const) {
      const { admission } = openAdmission({ policy: policyOf([rule]), cluster })
      const { response } = await admission.decideReview(reviewOf('Pod', objectOf('Pod', podSpec(web))), {
        phase: 'mutate',
      })
      expect(response).toMatchObject({ allowed: false, status: { code: 503 } })
      expect(response.status?.message).toContain(code)
    }
  })
})
