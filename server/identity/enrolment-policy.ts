/** Who may come in for the first time; `enrolment.ts` says what each of them means. */
export const enrolmentPolicies = ["closed", "token", "open"] as const;
export type EnrolmentPolicy = (typeof enrolmentPolicies)[number];
