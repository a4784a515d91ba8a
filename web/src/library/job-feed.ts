/** The jobs of the library: page by page, and kept up to date while somebody looks. */
import { type Api, answer } from "../api/client";
import { isAborted, isNotFound } from "../api/problem";
import type { Job } from "../api/types";
import { Store } from "../parts/store";
import { GROUPS, type Group, isEnded } from "./status";

export type Order = "newest" | "oldest";

export interface Filter {
  group: Group;
  name: string;
  /** Which job comes first. */
  order: Order;
}

export interface Feed {
  jobs: readonly Job[];
  /** The cursor of the following page; null at the end. */
  next: string | null;
  isLoading: boolean;
  error: unknown;
  /** True after several pages of a filtered list had no job: looking further is a choice then. */
  isPaused: boolean;
}

const PAGE = 100;
/** With a filter, a page may be empty although there are more. */
const EMPTY_PAGES = 5;
/** So many running jobs are read one by one, per refresh. */
const REFRESHED = 10;

const NOTHING: Feed = { jobs: [], next: null, isLoading: true, error: null, isPaused: false };

export class JobFeed {
  readonly feed = new Store<Feed>(NOTHING);
  readonly #api: Api;
  readonly filter: Filter;
  readonly #ending = new AbortController();
  /** The attempts that begin a moment after a redrive was answered, by job. */
  readonly #awaited = new Map<string, number>();

  constructor(api: Api, filter: Filter) {
    this.#api = api;
    this.filter = filter;
  }

  close(): void {
    this.#ending.abort();
  }

  /** Load the next page, and further ones if they are empty. Does nothing while one is loaded. */
  async more(isFirst = false): Promise<void> {
    const { isLoading, next } = this.feed.value;
    if (!isFirst && (isLoading || !next)) return;
    this.#change({ isLoading: true, error: null, isPaused: false });
    try {
      await this.#pages(next);
    } catch (error) {
      if (!isAborted(error)) this.#change({ isLoading: false, error });
    }
  }

  /** Read the newest jobs again, and those of `visible` that still run. */
  async refresh(visible: readonly Job[]): Promise<void> {
    if (this.feed.value.isLoading) return;
    const newest = await this.#page(null, "newest");
    this.#merge(newest.jobs);
    const known = new Set(newest.jobs.map((job) => job.job_id));
    const running = visible.filter((job) => this.#isOpen(job) && !known.has(job.job_id));
    for (const job of running.slice(0, REFRESHED)) await this.#read(job.job_id);
  }

  awaitNextAttempt(job: Job): void {
    this.#awaited.set(job.job_id, job.attempt + 1);
  }

  #isOpen(job: Job): boolean {
    return !isEnded(job.status) || job.attempt < (this.#awaited.get(job.job_id) ?? 1);
  }

  replace(job: Job): void {
    this.#change({ jobs: replaced(this.feed.value.jobs, job) });
  }

  async #pages(start: string | null): Promise<void> {
    let cursor = start;
    for (let empty = 0; empty < EMPTY_PAGES; empty++) {
      const page = await this.#page(cursor);
      const jobs = merged(this.feed.value.jobs, page.jobs, "end");
      this.#change({ jobs, next: page.next });
      cursor = page.next;
      if (page.jobs.length || !cursor) {
        this.#change({ isLoading: false });
        return;
      }
    }
    this.#change({ isLoading: false, isPaused: true });
  }

  async #page(cursor: string | null, order = this.filter.order) {
    const { name, group } = this.filter;
    const query = {
      limit: PAGE,
      order,
      ...(cursor ? { cursor } : {}),
      ...(name ? { name } : {}),
      ...(GROUPS[group].length ? { status: [...GROUPS[group]] } : {}),
    };
    const signal = this.#ending.signal;
    return answer(this.#api.GET("/v1/jobs", { params: { query }, signal }));
  }

  async #read(jobId: string): Promise<void> {
    const params = { path: { job_id: jobId } };
    try {
      const signal = this.#ending.signal;
      this.replace(await answer(this.#api.GET("/v1/jobs/{job_id}", { params, signal })));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#change({ jobs: this.feed.value.jobs.filter((job) => job.job_id !== jobId) });
    }
  }

  /** Add new jobs where they belong: if the oldest comes first, a later page may have them. */
  #merge(newest: readonly Job[]): void {
    const { jobs, next } = this.feed.value;
    if (this.filter.order === "newest") this.#change({ jobs: merged(jobs, newest, "start") });
    else this.#change({ jobs: merged(jobs, newest.toReversed(), next ? "nowhere" : "end") });
  }

  #change(change: Partial<Feed>): void {
    if (!this.#ending.signal.aborted) this.feed.update((feed) => ({ ...feed, ...change }));
  }
}

/**
 * Return both lists as one: known jobs are replaced, new ones added at the start, the end, or not.
 *
 * At the start, `read` has all jobs since its oldest one: a known one that it lacks was deleted, or
 * does not fit the filter any more.
 */
export function merged(
  known: readonly Job[],
  read: readonly Job[],
  place: "start" | "end" | "nowhere",
): readonly Job[] {
  const news = new Map(read.map((job) => [job.job_id, job]));
  const since = Date.parse(read.at(-1)?.submitted_at ?? "");
  const isGone = (job: Job) => !news.has(job.job_id) && Date.parse(job.submitted_at) > since;
  const left = place === "start" ? known.filter((job) => !isGone(job)) : known;
  const kept = left.map((job) => {
    const now = news.get(job.job_id);
    news.delete(job.job_id);
    return now ?? job;
  });
  if (place === "nowhere") return kept;
  const added = [...news.values()];
  return place === "start" ? [...added, ...kept] : [...kept, ...added];
}

function replaced(jobs: readonly Job[], job: Job): readonly Job[] {
  return jobs.map((one) => (one.job_id === job.job_id ? job : one));
}
