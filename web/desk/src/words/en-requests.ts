/** Requests for service that people send by scanning a label, in English. */

export const enRequests = {
  requests: "Service requests",
  "requests.none": "Nobody asks for service.",
  "requests.who": "Who asks",
  "requests.wish": "What is wrong",
  "requests.machine": "Machine",
  "requests.at": "Received",
  "requests.photo": "Photo",
  "requests.unknown": "No machine of ours has this serial.",
  "requests.looking": "Being looked up …",
  "requests.served": "Last served by {partner}",
  "requests.accept": "Make a job",
  "requests.dismiss": "Dismiss",
  "requests.serial": "Serial of the machine",
  "requests.serial.hint": "The label names no machine of ours; type the serial of the one that is meant.",
  "requests.several": "There is no such serial, or several have it. Make the job under New job.",
  "requests.erase.hint":
    "For good: name, number, wish and photo go, and name and number from the job that was made of it.",
  "request.new": "new",
  "request.accepted": "a job",
  "request.dismissed": "dismissed",
  "label.right": "label read off the machine",
  "label.revoked": "label was revoked",
  "label.none": "no proof of the label",
} as const;
