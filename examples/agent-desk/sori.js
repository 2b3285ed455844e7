// The connection to Sori: one HTTP link for questions, one WebSocket for all that happens live.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode, print } from "graphql";
import { createClient } from "graphql-ws";

const hex = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
const sha256 = async (text) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

export function connect(api, token, onLine) {
  const authorization = `Bearer ${token}`;
  const socket = createClient({
    url: `${api.replace(/^http/, "ws")}/graphql`,
    connectionParams: { Authorization: authorization },
    retryAttempts: Infinity,
    shouldRetry: () => true,
    on: { connected: () => onLine(true), closed: () => onLine(false) },
  });
  const http = ApolloLink.from([new PersistedQueryLink({ sha256 }), new HttpLink({ uri: `${api}/graphql`, headers: { authorization } })]);
  const isSubscription = ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION;
  const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http) });
  return { client, follow: (document, show) => follow(socket, client.cache.transformDocument(document), show) };
}

// The cache asks for every __typename, by which it knows what is one and the same.
//
// follow shows the feed for ever. graphql-ws sends the same payload again after a disconnect, so the payload keeps the last cursor: nothing is missed, nothing comes
// twice. When Sori cuts a reader off, it says from where to go on.
function follow(socket, document, show) {
  const payload = { query: print(document), variables: {} };
  const begin = () => socket.subscribe(payload, {
    next({ data, errors }) {
      const cursor = errors?.[0]?.extensions?.cursor ?? data?.events?.cursor;
      if (cursor) payload.variables.after = cursor;
      if (data) show(data.events);
    },
    error: (fault) => console.error("feed", fault),
    complete: () => setTimeout(begin, 1000),
  });
  begin();
}
