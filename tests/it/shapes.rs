//! The invoice line's answers as in the interface document, however asked: with and without `.action`, GET and POST, JSON, form and
//! multipart. Not here: field contents (invoices.rs, office.rs, accounts.rs).

use crate::external::{add_template, good_as, play, upload, watch};
use crate::support::{Client, Paperline, eventually};
use serde_json::{Value, json};
use std::sync::mpsc::channel;

#[track_caller]
fn has(value: &Value, fields: &str) {
    let mut found: Vec<&str> = value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = fields.split(' ').collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[track_caller]
fn asked(client: &Client, path: &str, fields: &Value) -> Value {
    let pairs = fields.as_object().unwrap().iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let form: String = pairs.clone().map(|(name, value)| format!("{name}={}&", text(value).replace(' ', "%20"))).collect();
    let mut multipart = String::new();
    for (name, value) in pairs {
        multipart.push_str(&format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{}\r\n", text(value)));
    }
    multipart.push_str("--x--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let first = client.post(path, fields);
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.header("content-type"), "application/json; charset=utf-8");
    for again in [
        client.post(&format!("{path}.action"), fields),
        client.form(path, &form),
        client.form(&format!("{path}.action"), &form),
        client.send("POST", path, &kind, multipart.as_bytes()),
        // Old stations send no content type.
        client.send("POST", path, &[], fields.to_string().as_bytes()),
        client.get(&format!("{path}?{form}")),
        client.get(&format!("{path}.action?{form}")),
    ] {
        assert_eq!((again.status, &again.body), (200, &first.body), "{path}");
    }
    first.body
}

const USER: &str = "user_id user_name company_id company_name user_register_time locked groups permissions";
const MODEL: &str =
    "model_id json_model model_register_time model_success_counter model_url origin_url model_label image_size model_uuid version";
const GROUP: &str = "group_id group_name company_id company_name group_register_time permissions";

#[test]
fn users_groups_and_rights() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let group = admin.post("/api/groups", &json!({ "group_name": "组", "permissions": [1, 5] })).body["group_id"].clone();
    let made =
        admin.post("/api/users", &json!({ "user_name": "甲", "passwd": "a long one", "group_id": group, "permissions": [5] }));
    let user = made.body["user_id"].clone();

    let users = asked(&admin, "/invoice/getManagerUsers", &json!({ "user_id": 1 }));
    let one = users.as_array().unwrap().iter().find(|u| u["user_id"] == user).unwrap();
    has(one, USER);
    has(&one["groups"][0], "group_id group_name");
    has(&one["permissions"][0], "permission_id permission_name isPrivate origin_groups");
    has(&one["permissions"][0]["origin_groups"][0], "group_id group_name");
    let groups = asked(&admin, "/invoice/getManagerGroups", &json!({ "user_id": 1 }));
    has(&groups, "group_list");
    has(&groups["group_list"][0], GROUP);
    has(&groups["group_list"][0]["permissions"][0], "permission_id permission_name");
    let rights = asked(&admin, "/invoice/getUserPermission", &json!({ "user_id": user }));
    assert_eq!(rights, json!({ "permission_list": one["permissions"] }));
    let members = asked(&admin, "/invoice/getGroupUsers", &json!({ "group_id": group, "company_id": 1 }));
    assert_eq!(members, json!({ "user_list": [one] }));

    let ticks = json!([{ "permission_id": 6, "is_checked": 1 }]);
    let list = json!([{ "user_id": user, "group_id": group, "update_permissions": ticks }]);
    let changed = json!({ "sucess": "修改成功" });
    assert_eq!(admin.post("/invoice/updateUsersPermission", &json!({ "user_list": list })).body, changed);
    assert_eq!(admin.form("/invoice/updateUsersPermission.action", &format!("user_list={list}")).body, changed);
    let update = json!({ "group_id": group, "permission_list": ticks });
    let answer = admin.post("/invoice/updateGroupPermission", &update).body;
    has(&answer, "group_list");
    has(&answer["group_list"][0], GROUP);
    let form = format!("group_id={group}&permission_list={ticks}");
    assert_eq!(admin.form("/invoice/updateGroupPermission.action", &form).body, answer);
    assert_eq!(admin.post("/invoice/removeGroupUser.action", &json!({ "user_id": user })).body, changed);
    assert_eq!(admin.form("/invoice/addGroupUser.action", &format!("user_id={user}&group_id={group}")).body, changed);
    let refused = admin.post("/invoice/addGroupUser", &json!({ "user_id": 99, "group_id": group }));
    assert_eq!((refused.status, &refused.body["err"]), (404, &json!("修改失败")));
}

#[test]
fn templates_pictures_and_the_queue() {
    let (held, (go, went)) = (channel(), channel::<()>());
    let (holds, holding) = held;
    let (address, _asked) = play(move |id, _, stream| {
        if id == 1 {
            holds.send(()).unwrap();
            went.recv().unwrap();
        }
        good_as(77, id, stream);
        true
    });
    let paperline = Paperline::start_with(&["--engine", &address]);
    let admin = paperline.admin();
    let (mut models, mut faults) = (watch(&admin, 3), watch(&admin, 4));
    let queued = add_template(&admin);
    has(&queued, "sucess action_id manage_size recognize_size");
    assert_eq!(queued["sucess"], "已加入队列，等待算法服务器处理");
    let (added, _) = models.until(2);
    has(&added, "msg_id action_id status model_id model");
    has(&added["model"], MODEL);
    let all = asked(&admin, "/invoice/getAllModel", &json!({ "user_id": 1, "page": 0 }));
    has(&all, "model_list total");
    has(&all["model_list"][0], MODEL);
    assert_eq!(asked(&admin, "/invoice/searchModelLabel", &json!({ "page": 0, "keyword": "票" })), all["model_list"]);
    let picture = asked(&admin, "/invoice/getImgStr", &json!({ "url": all["model_list"][0]["origin_url"] }));
    has(&picture, "img_str");
    assert!(picture["img_str"].as_str().unwrap().starts_with("data:image/png;base64,"));

    assert_eq!(asked(&admin, "/invoice/openConsole", &json!({})), json!({}));
    let (first, second) = (upload(&admin), upload(&admin));
    holding.recv().unwrap();
    let console = asked(&admin, "/invoice/openConsole", &json!({}));
    has(&console, "action_id user_id user_name user_company company_name action_start_time url image_size img_str");
    assert_eq!(console["action_id"], first);
    let waiting = asked(&admin, "/invoice/recognizeWait", &json!({}));
    has(&waiting, "msg_id recognize_wait");
    has(&waiting["recognize_wait"][0], "action_id user_id user_name user_company action_start_time url image_size");
    assert_eq!((&waiting["msg_id"], &waiting["recognize_wait"][0]["action_id"]), (&json!(200), &second));
    assert_eq!(admin.post("/invoice/deleteModel.action", &json!({ "user_id": 1, "model_id": 1 })).body["manage_size"], 1);
    go.send(()).unwrap();
    assert_eq!(models.until(3).0["model_id"], 1);
    // Its template is gone.
    go.send(()).unwrap();
    let (pushed, _) = faults.until(206);
    has(&pushed, "msg_id fault_num fault_invoice");
    let fault = "invoice_id action_id model_id user_name company_name invoice_url recognize_time region_list reason";
    has(&pushed["fault_invoice"], fault);
    eventually("the fault is listed", || (admin.get("/invoice/getFaultQueue").body["fault_num"] == 1).then_some(()));
    let listed = asked(&admin, "/invoice/getFaultQueue", &json!({ "page": 0 }));
    has(&listed, "fault_num fault_list");
    has(&listed["fault_list"][0], fault);

    let times =
        json!({ "page": 0, "startTime": "2000-1-1 0:00:00", "endTime": "2999-12-31 23:59:59", "keyword": "识别", "type": 3 });
    let log = asked(&admin, "/invoice/getTwentyAction", &times);
    has(&log, "page_sum action_list");
    has(&log["action_list"][0], "action_id action_time action_description user_id user_name company_id company_name user_ip");
    assert_eq!(log["action_list"].as_array().unwrap().len(), 2);
    let without = admin.post("/invoice/getTwentyAction", &json!({ "page": 0 }));
    assert_eq!((without.status, &without.body["err"]), (400, &json!("请输入开始时间和结束时间")));
}
