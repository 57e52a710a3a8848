/** The longest time that a timer can wait: one of more than 2³¹ − 1 ms goes off at once. */
export const longestTimerMs = 2_147_483_647;
export const longestTimerSeconds = Math.floor(longestTimerMs / 1000);
