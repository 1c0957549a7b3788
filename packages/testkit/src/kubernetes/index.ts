export {
  type ClientAnswer,
  createReviewClient,
  type ReviewClient,
  type ReviewClientOptions,
  type ReviewResponse,
} from './create-review-client.ts'
export { podReview, type PodReview, type PodReviewOptions } from './pod-review.ts'
export { type ClusterDouble, startClusterDouble } from './start-cluster-double.ts'
