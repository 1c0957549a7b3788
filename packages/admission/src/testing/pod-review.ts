/** A review of a new Pod, as the API server writes it. */
export function podReview(image: string, { uid = 'u-1', dryRun = false, pad = '' } = {}) {
  const pod = { group: '', version: 'v1', kind: 'Pod' }
  const pods = { group: '', version: 'v1', resource: 'pods' }
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: pod,
      resource: pods,
      requestKind: pod,
      requestResource: pods,
      name: 'web',
      namespace: 'prod',
      operation: 'CREATE',
      userInfo: { username: 'system:serviceaccount:ci:deployer' },
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { name: 'web', namespace: 'prod', annotations: { pad } },
        spec: { containers: [{ name: 'web', image }] },
      },
      oldObject: null,
      dryRun,
      options: null,
    },
  }
}
