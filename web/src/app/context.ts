/** What every page may use. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api/client";
import type { Me } from "../api/types";
import type { Session } from "../sign-in/session";
import type { UploadQueue } from "../upload/queue";

export interface Application {
  api: Api;
  session: Session;
  uploads: UploadQueue;
  me: Me;
}

export const ApplicationContext = createContext<Application | null>(null);

export function useApplication(): Application {
  const application = useContext(ApplicationContext);
  if (!application) throw new Error("there is no application around this component");
  return application;
}

/** Return whether the caller may change things: upload, cancel, redrive, name speakers. */
export function useMayEdit(): boolean {
  const { role } = useApplication().me;
  return role === "editor" || role === "admin";
}
