// What the desk asks of Sori. Every noun has an id and a __typename, so that Apollo keeps one copy of it, wherever it is shown.
import { gql } from "@apollo/client";

const ROW = gql`
  fragment Row on Inquiry { id number subject status statusCategory assignee lastInteractionAt customer { id name } }
`;

export const ME = gql`query Me { me { id role } }`;

export const INBOX = gql`
  query Inbox { inquiries(statusCategory: open, first: 50) { edges { node { ...Row } } } }
  ${ROW}
`;

export const VIEWS = gql`query Views { views(first: 20) { edges { node { id name } } } }`;

export const COUNTS = gql`
  subscription Counts($ids: [ID!]!) { viewCountsChanged(ids: $ids) { viewId count unread ready } }
`;

export const INQUIRY = gql`
  query Inquiry($id: ID!) {
    inquiry(id: $id) { ...Row interactions(first: 50) { edges { node { id direction text occurredAt author { kind id } from { name email } } } } }
  }
  ${ROW}
`;

export const FEED = gql`
  subscription Feed($after: String) { events(after: $after, types: ["inquiry.*", "interaction.*"]) { cursor type inquiryId inquiry { ...Row } } }
  ${ROW}
`;

export const WHO_IS_THERE = gql`
  subscription WhoIsThere($id: ID!) { inquiryActivity(id: $id) { id watchers { agent state } } }
`;

export const SET_ACTIVITY = gql`
  mutation SetActivity($id: ID!, $state: ActivityState!) { setInquiryActivity(input: { id: $id, state: $state }) { activity { id } } }
`;

export const REPLY = gql`
  mutation Reply($id: ID!, $text: String!, $key: String!) {
    reply(input: { inquiryId: $id, text: $text, idempotencyKey: $key }) { interaction { id } inquiry { ...Row } }
  }
  ${ROW}
`;

export const RESOLVE = gql`
  mutation Resolve($id: ID!, $key: String!) { resolveInquiry(input: { id: $id, disposition: "answered", idempotencyKey: $key }) { inquiry { ...Row } } }
  ${ROW}
`;
