/** Short names for the models of the API. `schema.d.ts` is generated from docs/openapi.json. */
import type { components } from "./schema";

type Models = components["schemas"];

export type Answer = Models["Answer"];
export type CitedSentence = Models["CitedSentence"];
export type Health = Models["Health"];
export type Job = Models["Job"];
export type JobCost = Models["JobCost"];
export type JobStatus = Models["JobStatus"];
export type Me = Models["Me"];
export type Passage = Models["Passage"];
export type Person = Models["Person"];
export type Problem = Models["Problem"];
export type ResultFile = Models["ResultFile"];
export type Segment = Models["Segment"];
export type Speaker = Models["Speaker"];
export type StepRun = Models["StepRun"];
export type StoredPart = Models["StoredPart"];
export type Summary = Models["Summary"];
export type TranscriptPage = Models["TranscriptPage"];
export type Upload = Models["Upload"];
export type UploadOptions = Models["UploadOptions"];
export type Word = Models["Word"];
