/** What a review is about. */
export interface PodReviewOptions {
  /** Default `u-1`. */
  readonly uid?: string | undefined
  /** Default `false`. */
  readonly dryRun?: boolean | undefined
  /** Default `prod`. */
  readonly namespace?: string | undefined
  /** Makes the Pod longer. Default: nothing. */
  readonly pad?: string | undefined
}

/** An AdmissionReview of a new Pod. */
export interface PodReview {
  /** `AdmissionReview`. */
  readonly kind: string
  /** `admission.k8s.io/v1`. */
  readonly apiVersion: string
  /** What is asked. */
  readonly request: { readonly uid: string; readonly object: object; readonly [field: string]: unknown }
}

/** Makes a review of a new Pod of one container, as the API server writes it. */
export function podReview(
  image: string,
  { uid = 'u-1', dryRun = false, namespace = 'prod', pad = '' }: PodReviewOptions = {},
): PodReview {
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
      namespace,
      operation: 'CREATE',
      userInfo: { username: 'system:serviceaccount:ci:deployer' },
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { name: 'web', namespace, annotations: { pad } },
        spec: { containers: [{ name: 'web', image }] },
      },
      oldObject: null,
      dryRun,
      options: null,
    },
  }
}
