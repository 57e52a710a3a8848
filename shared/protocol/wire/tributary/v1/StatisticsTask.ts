// Original file: proto/tasks.proto


export interface StatisticsTask {
}

export interface StatisticsTask__Output {
}
